//! PM2: the JSON of `pm2 jlist`.

use serde_json::{Map, Value};

use super::{Part, Producer, Restart, own_home, text};

pub(super) const PRODUCER: Producer = Producer { name: "pm2", summary: "`pm2 jlist`", read };

fn read(bytes: &[u8]) -> Result<Vec<Part>, &'static str> {
    let all = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    // Before its JSON, PM2 tells news about itself.
    let start =
        if all.starts_with('[') { 0 } else { all.find("\n[").ok_or("there is no list of processes in it")? + 1 };
    let list: Vec<Value> = serde_json::from_str(all.get(start..).unwrap_or_default().trim())
        .map_err(|_| "it is not the JSON of `pm2 jlist`")?;
    let part = |process: &Value| {
        let name = process.get("name")?.as_str()?.to_owned();
        let about = process.get("pm2_env")?.as_object()?;
        let environment = about.get("env")?.as_object()?;
        // PM2 adds a variable that is called like the process.
        // One that it counts up is another one for each instance.
        let counted = about.get("increment_var").and_then(Value::as_str).filter(|key| environment.contains_key(*key));
        let own = environment.iter().filter(|(key, _)| **key != name && counted != Some(key.as_str()));
        let variables = own.filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect();
        let referred = counted.map(ToOwned::to_owned).into_iter().collect();
        let status = about.get("status").and_then(Value::as_str);
        let idle = status.filter(|status| ["stopped", "errored"].contains(status)).map(ToOwned::to_owned);
        let block = block(about, environment).map(ToOwned::to_owned);
        let restart = Some(Restart::Pm2 { app: name.clone(), block, home: home(environment), any_block: false });
        Some(Part { services: vec![name.clone()], name, variables, referred, idle, restart, ..Part::default() })
    };
    list.iter().map(part).collect::<Option<Vec<_>>>().ok_or("a process in it has no name or no environment")
}

/// The folder of the daemon, where whoever started it named one. PM2 hands it on to what it runs.
fn home(environment: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| environment.get(key).and_then(Value::as_str);
    own_home(text("PM2_HOME"), text("HOME"))
}

/// The block of the ecosystem file that a process was started with: `production` for `env_production`. PM2 keeps all of
/// them and does not say which it was, so it is the only one of which every value runs.
fn block<'p>(about: &'p Map<String, Value>, environment: &Map<String, Value>) -> Option<&'p str> {
    let runs = |(key, value): (&String, &Value)| {
        let same =
            |known: &Value| text(known).zip(text(value)).is_some_and(|(one, other)| one.expose() == other.expose());
        environment.get(key).is_some_and(same)
    };
    let blocks = about.iter().filter_map(|(key, value)| Some((key.strip_prefix("env_")?, value.as_object()?)));
    let mut running = blocks.filter(|(_, values)| !values.is_empty() && values.iter().all(runs));
    let (name, _) = running.next()?;
    running.next().is_none().then_some(name)
}
