//! Images: what pods ask for, and what nodes hold.

use serde_json::{Value, json};

use super::Generator;

const DIGEST: &str = "sha256:0b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccddeeff0";

/// As nodes name them.
const HELD: &[&[&str]] = &[
    &["nginx:latest"],
    &["docker.io/library/nginx:latest", "nginx:1.25"],
    &[
        "registry.example.com:5000/app:v1",
        "registry.example.com:5000/app:latest",
    ],
    &["registry.example.com/db:latest"],
    &[
        "tool:latest",
        "tool@sha256:0b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccddeeff0",
    ],
    &["<none>:<none>"],
    &[],
];

/// As pods name them: with a tag, a digest, a port, or nothing.
const WANTED: &[&str] = &[
    "nginx",
    "nginx:latest",
    "nginx:1.25",
    "docker.io/library/nginx",
    "registry.example.com:5000/app",
    "registry.example.com:5000/app:v1",
    "registry.example.com/db",
    "tool",
    "registry.example.com/absent:v2",
];

impl Generator {
    pub(super) fn image(&mut self) -> String {
        if !self.theme.images {
            return "app".to_owned();
        }
        if self.random.one_in(10) {
            return format!("tool@{DIGEST}");
        }
        self.random.pick(WANTED).to_owned()
    }

    pub(super) fn node_images(&mut self) -> Value {
        let mut all = Vec::new();
        for (at, names) in HELD.iter().enumerate() {
            if self.random.one_in(4) {
                continue;
            }
            // Two nodes may know one image by different sizes; mostly they agree.
            let sizes = [
                5_000_000_i64,
                23_000_000,
                150_000_000,
                900_000_000,
                2_500_000_000,
                40_000_000,
                0,
            ];
            // A node may say anything.
            let sizes = if self.theme.odd && self.random.one_in(20) {
                [4_000_000_000_000_000; 7]
            } else {
                sizes
            };
            let other = usize::from(self.theme.odd && self.random.one_in(6));
            all.push(json!({ "names": names, "sizeBytes": sizes[(at * 3 + other) % sizes.len()] }));
        }
        Value::Array(all)
    }

    /// A volume that is an image.
    pub(super) fn mount_image(&mut self, pod: &mut Value) {
        let image = json!({ "reference": self.image(), "pullPolicy": "IfNotPresent" });
        let volume = json!({ "name": "data", "image": image });
        match pod["spec"]["volumes"].as_array_mut() {
            Some(volumes) => volumes.push(volume),
            None => pod["spec"]["volumes"] = json!([volume]),
        }
    }
}
