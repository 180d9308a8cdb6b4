//! `json`: for programs.

use super::{Form, Reference};
use crate::quoting::json_text;

pub(super) const FORM: Form = Form { name: "json", summary: "every fact by name, for programs", write };

fn write(reference: &Reference) -> String {
    json_text(reference)
}
