//! Which models a local server has: asked once, where a program leaves the choice open.

use std::time::Duration;

use serde::Deserialize;

use super::endpoint::Endpoint;
use super::http::{self, Headers, Http};
use super::{ErrorClass, ProviderError, Timeouts};

/// A server on this machine answers at once or is not there.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
struct Models {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

/// The names of the models at an OpenAI-compatible endpoint that asks for no key, in its own order.
pub async fn list_models(endpoint: &Endpoint) -> Result<Vec<String>, ProviderError> {
    let url = endpoint.address(|base| {
        let version = if http::is_bare(base) { "/v1" } else { "" };
        format!("{base}{version}/models")
    })?;
    let timeouts = Timeouts { connect: PATIENCE, first_token: PATIENCE, idle: PATIENCE, total: PATIENCE };
    let mut answer = Http::new().get(&url, &Headers::default(), timeouts).await?;
    let models: Models = serde_json::from_slice(&answer.body().await?)
        .map_err(|error| ProviderError::of(ErrorClass::BadFormat, format!("no list of models: {error}")))?;
    // A name is shown on a terminal.
    let fit = |id: &String| !id.is_empty() && !id.contains(char::is_control);
    Ok(models.data.into_iter().map(|model| model.id).filter(fit).collect())
}
