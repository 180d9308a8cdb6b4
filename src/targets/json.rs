//! One JSON object with the types of the schema; a secret that is not written is null.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Picture, Target, Variable};
use crate::quoting;

pub(super) const TARGET: Target = Target {
    name: "json",
    summary: "one object with the types of the schema; secrets are null",
    write: |picture| Ok(quoting::json_text(&Members(picture))),
};

struct Members<'p>(&'p Picture<'p>);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut members = to.serialize_map(Some(self.0.variables.len()))?;
        for variable in &self.0.variables {
            members.serialize_entry(variable.key, &Member(variable))?;
        }
        members.end()
    }
}

struct Member<'p>(&'p Variable<'p>);

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // What needs more than 128 bits stays a text.
        let digits = self.0.digits.as_ref();
        match digits.and_then(|digits| digits.parse::<i128>().ok()) {
            Some(integer) => to.serialize_i128(integer),
            None => self.0.typed.serialize(to),
        }
    }
}
