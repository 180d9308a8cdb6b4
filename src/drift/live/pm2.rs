//! PM2: the JSON of `pm2 jlist`.

use serde_json::Value;

use super::{Part, Producer, text, word};

pub(super) const PRODUCER: Producer = Producer { name: "pm2", summary: "`pm2 jlist`", is_one: false, read };

fn read(bytes: &[u8]) -> Result<Vec<Part>, &'static str> {
    let all = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    // Before its JSON, PM2 tells news about itself.
    let start =
        if all.starts_with('[') { 0 } else { all.find("\n[").ok_or("there is no list of processes in it")? + 1 };
    let list: Vec<Value> = serde_json::from_str(all.get(start..).unwrap_or_default().trim())
        .map_err(|_| "it is not the JSON of `pm2 jlist`")?;
    let part = |process: &Value| {
        let name = process.get("name")?.as_str()?.to_owned();
        let environment = process.get("pm2_env")?.get("env")?.as_object()?;
        // PM2 adds a variable that is called like the process.
        let own = environment.iter().filter(|(key, _)| **key != name);
        let variables = own.filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect();
        let apply = Some(format!("pm2 reload ecosystem.config.js --only {} --update-env", word(&name)));
        Some(Part { name, variables, apply, ..Part::default() })
    };
    list.iter().map(part).collect::<Option<Vec<_>>>().ok_or("a process in it has no name or no environment")
}
