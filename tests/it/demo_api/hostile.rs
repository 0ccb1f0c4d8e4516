//! Clients that mean harm, or that are broken: the server outlives them all.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    serving::{encrypted, exchange, get, served, token},
    within,
};
use berth::demo::Listening;

/// The server still answers as it should.
async fn is_well(listening: &Listening) {
    let right = format!("Authorization: Bearer {}\r\n", token(listening));
    let answer = get(listening, "/api/v1/namespaces", &right).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("kube-system"), "{answer}");
}

async fn plain(listening: &Listening, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(listening.address())
        .await
        .expect("as the test made it");
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = within("the end of the answer", stream.read_to_end(&mut answer)).await;
    answer
}

#[tokio::test]
async fn what_is_no_tls_is_refused() {
    let (_server, listening) = served().await;
    let answer = plain(&listening, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = String::from_utf8(answer).expect("as the test made it");
    assert!(answer.starts_with("HTTP/1.0 400 Bad Request"), "{answer}");
    assert!(answer.contains("HTTP request to an HTTPS server"), "{answer}");
    let mut random = fastrand::Rng::with_seed(1);
    for length in [0, 1, 5, 300, 70_000] {
        let mut garbage: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
        plain(&listening, &garbage).await;
        // What begins as a handshake, and is none.
        garbage.splice(0..0, [0x16, 3, 1, 2, 0]);
        plain(&listening, &garbage).await;
    }
    is_well(&listening).await;
}

#[tokio::test]
async fn malformed_and_huge_requests_are_refused() {
    let (_server, listening) = served().await;
    let token = token(&listening);
    let right = format!("Host: x\r\nAuthorization: Bearer {token}\r\n");
    let starts = |answer: String, wanted: &str| {
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {wanted} ")),
            "{wanted}: {}",
            answer.chars().take(300).collect::<String>()
        );
    };
    starts(exchange(&listening, b"\x00\x01\x02\r\n\r\n").await, "400");
    starts(exchange(&listening, b"GET / WHATEVER\r\n\r\n").await, "400");
    let bad = format!("POST /api/v1/namespaces HTTP/1.1\r\n{right}Content-Length: lots\r\n\r\n");
    starts(exchange(&listening, bad.as_bytes()).await, "400");
    let long = format!("GET /livez HTTP/1.1\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    starts(exchange(&listening, long.as_bytes()).await, "431");
    let many = format!("GET /livez HTTP/1.1\r\n{}\r\n", "X-Many: y\r\n".repeat(500));
    starts(exchange(&listening, many.as_bytes()).await, "431");
    let body = "x".repeat(4 * 1024 * 1024);
    let huge = format!(
        "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\n{right}Connection: close\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = encrypted(&listening, "localhost")
        .await
        .expect("as the test made it");
    let (mut from, mut to) = tokio::io::split(&mut stream);
    let mut answer = [0; 12];
    let (read, _) = tokio::join!(from.read_exact(&mut answer), to.write_all(huge.as_bytes()));
    read.expect("as the test made it");
    assert_eq!(&answer, b"HTTP/1.1 413");
    drop(stream);
    is_well(&listening).await;
}

#[tokio::test]
async fn clients_that_vanish_are_forgotten() {
    let (_server, listening) = served().await;
    let token = token(&listening);
    for path in [
        "/api/v1/namespaces",
        "/api/v1/namespaces?watch=1",
        "/api/v1/namespaces?watch=1&resourceVersion=0&allowWatchBookmarks=true",
    ] {
        for cut in [0, 10, 60, 1000] {
            let mut stream = encrypted(&listening, "localhost")
                .await
                .expect("as the test made it");
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
            let part = &request.as_bytes()[..cut.min(request.len())];
            stream.write_all(part).await.expect("as the test made it");
            if cut == 1000 {
                stream.read_exact(&mut [0; 5]).await.expect("as the test made it");
            }
            drop(stream);
        }
    }
    // A body that is promised and never comes.
    let mut stream = encrypted(&listening, "localhost")
        .await
        .expect("as the test made it");
    let promise = format!(
        "POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n{{"
    );
    stream
        .write_all(promise.as_bytes())
        .await
        .expect("as the test made it");
    drop(stream);
    is_well(&listening).await;
}

#[tokio::test]
async fn many_who_say_nothing_keep_nobody_out() {
    let (_server, listening) = served().await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(
            TcpStream::connect(listening.address())
                .await
                .expect("as the test made it"),
        );
    }
    is_well(&listening).await;
    drop(silent);
    is_well(&listening).await;
}
