//! The secret that lets clients in.

use std::{
    fmt::{self, Write as _},
    hint::black_box,
};

use tokio_rustls::rustls::crypto::ring;

/// 256 random bits as text. It is shown nowhere, not even to a debugger's eye.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    /// A token that nobody knows.
    pub(super) fn random() -> Result<Self, String> {
        let mut bits = [0_u8; 32];
        ring::default_provider()
            .secure_random
            .fill(&mut bits)
            .map_err(|error| format!("{error:?}"))?;
        let text = bits.iter().fold(String::new(), |mut text, byte| {
            // Writing to a String never fails.
            let _ = write!(text, "{byte:02x}");
            text
        });
        Ok(Self(text))
    }

    /// The text, for the one who is to have it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether somebody has it. Takes as long for a nearly right guess as for any other of that length.
    pub(super) fn is(&self, guess: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differences = own
            .iter()
            .zip(guess)
            .fold(0, |seen, (own, guess)| black_box(seen | (own ^ guess)));
        own.len() == guess.len() && differences == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_it() {
        let token = Token::random().unwrap();
        assert_eq!(token.reveal().len(), 64);
        assert!(token.is(token.reveal().as_bytes()));
        let longer = format!("{}0", token.reveal());
        let other = Token::random().unwrap();
        for guess in ["", &token.reveal()[..63], &longer, other.reveal()] {
            assert!(!token.is(guess.as_bytes()), "{guess}");
        }
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
