//! Who we are to the API server.

use serde::Deserialize;

use super::connect::Connection;
use super::error::{Action, ClusterError};
use crate::model::text::inert;

/// A user, as the API server or the kubeconfig names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The user name; safe to show. Empty where nobody says.
    pub name: String,
    /// Its groups, where the server told.
    pub groups: Vec<String>,
    /// Whether the API server says so (a `SelfSubjectReview`), and not merely the kubeconfig.
    pub confirmed: bool,
}

impl Connection {
    /// Asks the API server who we are; where it does not tell, takes the kubeconfig's name for the user.
    pub async fn whoami(&self) -> Identity {
        self.review().await.unwrap_or_else(|_| Identity {
            name: inert(self.user()).into_owned(),
            groups: Vec::new(),
            confirmed: false,
        })
    }

    /// Asks the API server who we are.
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub async fn review(&self) -> Result<Identity, ClusterError> {
        #[derive(Deserialize)]
        struct Review {
            status: Status,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Status {
            user_info: User,
        }
        #[derive(Deserialize)]
        struct User {
            #[serde(default)]
            username: String,
            #[serde(default)]
            groups: Vec<String>,
        }
        let review =
            serde_json::json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let answer: Result<Review, _> = self.post(path, &review).await;
        let user = answer
            .map_err(|error| ClusterError::new(&Action::free("asking who we are"), self.server(), error))?
            .status
            .user_info;
        Ok(Identity {
            name: inert(&user.username).into_owned(),
            groups: user.groups,
            confirmed: true,
        })
    }
}
