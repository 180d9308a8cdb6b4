//! Tokens that publish the application. They belong to the release pipeline and to no environment.

use schemars::JsonSchema;
use serde::Deserialize;

use super::secret_text::{SecretText, unless_empty};

/// Package index tokens.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Release {
    /// Token that uploads releases to PyPI. It starts with `pypi-`, lives in the release pipeline's own store, and
    /// stands in no environment.
    #[serde(rename = "PYPI_TOKEN", deserialize_with = "unless_empty")]
    #[schemars(extend(
        "pattern" = "^pypi-",
        "x-sparkcfg" = { "only-in": [], "drift": "may-differ", "services": ["make"], "owner": "release" },
    ))]
    pub pypi: Option<SecretText>,

    /// Token that uploads trial releases to TestPyPI. It starts with `pypi-`, lives in the release pipeline's own store,
    /// and stands in no environment.
    #[serde(rename = "TESTPYPI_TOKEN", deserialize_with = "unless_empty")]
    #[schemars(extend(
        "pattern" = "^pypi-",
        "x-sparkcfg" = { "only-in": [], "drift": "may-differ", "services": ["make"], "owner": "release" },
    ))]
    pub test_pypi: Option<SecretText>,
}
