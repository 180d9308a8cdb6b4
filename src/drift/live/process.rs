//! A process of Linux: `/proc/PID/environ`, or a copy of it.

use serde_json::Value;

use super::{Part, Producer, Restart, assignment, own_home};

pub(super) const PRODUCER: Producer =
    Producer { name: "proc", summary: "a process by its number, or a copy of /proc/PID/environ", read };

fn read(bytes: &[u8]) -> Result<Vec<Part>, &'static str> {
    let (mut variables, mut referred) = (Vec::new(), Vec::new());
    for one in bytes.split(|byte| *byte == 0) {
        // What is no text cannot be compared with one.
        match std::str::from_utf8(one) {
            Ok(text) => variables.extend(assignment(text)),
            Err(error) => {
                let valid = one.get(..error.valid_up_to()).unwrap_or_default();
                let name = String::from_utf8_lossy(valid).split_once('=').map(|(name, _)| name.to_owned());
                referred.extend(name.filter(|name| !name.is_empty()));
            }
        }
    }
    // To a worker of a cluster PM2 hands all of its variables in one, which the worker takes apart when it starts.
    let of_worker = variables.iter().position(|(key, _)| key == "pm2_env").and_then(|at| {
        let known: Value = serde_json::from_str(variables[at].1.expose()).ok()?;
        let own = known.get("env")?.as_object()?;
        let name = known.get("name").and_then(Value::as_str).unwrap_or_default();
        let own = own.iter().filter(|(key, _)| *key != name);
        let own: Vec<_> = own.filter_map(|(key, value)| Some((key.clone(), super::text(value)?))).collect();
        Some((at, own, name.to_owned()))
    });
    let of_pm2 = of_worker.as_ref().map(|(.., name)| name.clone());
    if let Some((at, own, _)) = of_worker {
        variables.remove(at);
        variables.retain(|(key, _)| own.iter().all(|(known, _)| known != key));
        variables.extend(own);
    }
    let value =
        |wanted: &str| variables.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.expose().to_owned());
    let home = own_home(value("PM2_HOME").as_deref(), value("HOME").as_deref());
    let app = of_pm2.or_else(|| value("pm_id").and_then(|_| value("name"))).filter(|name| !name.is_empty());
    // PM2 adds a variable that is called like the process.
    if let Some(name) = &app {
        variables.retain(|(key, _)| key != name);
    }
    let restart = app.map(|app| Restart::Pm2 { app, block: None, home, any_block: true });
    if variables.is_empty() && referred.is_empty() {
        return Err("there is no variable in it");
    }
    Ok(vec![Part { name: "process".to_owned(), variables, referred, restart, ..Part::default() }])
}
