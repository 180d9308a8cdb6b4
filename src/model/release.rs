//! What only a release needs.

use schemars::JsonSchema;
use serde::Deserialize;

use super::SecretText;

/// What only a release needs: given by CI, never kept in an environment.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Release {
    /// The token for uploading to PyPI. No default. Read by: make, when it publishes; it belongs to CI, not to an environment.
    #[serde(rename = "PYPI_TOKEN", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "pattern" = "^pypi-", "x-sparkcfg" = {
        "only-in": ["release"], "drift": "may-differ", "services": ["make"], "owner": "release"
    }))]
    pub pypi_token: Option<SecretText>,
    /// The token for uploading to PyPI's test site. No default. Read by: make, when it publishes; it belongs to CI, not to an
    /// environment.
    #[serde(rename = "TESTPYPI_TOKEN", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "pattern" = "^pypi-", "x-sparkcfg" = {
        "only-in": ["release"], "drift": "may-differ", "services": ["make"], "owner": "release"
    }))]
    pub testpypi_token: Option<SecretText>,
}
