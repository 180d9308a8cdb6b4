//! The `env` of an app in a PM2 file, as a module: `env: require("./prod.env.js")`.

use super::Target;
use crate::quoting;

pub(super) const TARGET: Target = Target {
    name: "pm2",
    summary: "the env of an app in a PM2 file, as a module: env: require(\"./prod.env.js\")",
    write: |picture| {
        let members = picture.each(|variable, text| {
            if text.contains('\0') {
                return Err("no process can have a value with a NUL in it".to_owned());
            }
            Ok(format!("  {}: {},\n", quoting::json(variable.key), quoting::json(text)))
        })?;
        Ok(format!("module.exports = {{\n{members}}};\n"))
    },
};
