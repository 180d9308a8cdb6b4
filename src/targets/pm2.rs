//! The `env` of an app in a PM2 file, as a module: `env: require("./prod.env.cjs")`. Under a name that ends in `.js` Node.js would
//! take it for a module of the other kind wherever `package.json` says `"type": "module"`, and it would give nothing.

use super::Target;
use crate::quoting;

pub(super) const TARGET: Target = Target {
    name: "pm2",
    summary: "the env of an app in a PM2 file, as a module: env: require(\"./prod.env.cjs\")",
    write: |picture| {
        let members = picture.each(|variable, text| {
            if text.contains('\0') {
                return Err("no process can have a value with a NUL in it".to_owned());
            }
            Ok(format!("  {}: {},\n", quoting::json(variable.key), quoting::json(text)))
        })?;
        Ok(format!(
            "// For a file whose name ends in .cjs: Node.js then takes it for a module of this kind in every project.\nmodule.exports = {{\n{members}}};\n"
        ))
    },
};
