//! A process of Linux: `/proc/PID/environ`, or a copy of it.

use super::{Part, Producer, assignment};

pub(super) const PRODUCER: Producer =
    Producer { name: "proc", summary: "a process by its number, or a copy of /proc/PID/environ", is_one: true, read };

fn read(bytes: &[u8]) -> Result<Vec<Part>, &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    let mut variables: Vec<_> = text.split('\0').filter_map(assignment).collect();
    let value =
        |wanted: &str| variables.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.expose().to_owned());
    // PM2 adds a variable that is called like the process.
    if let (Some(name), Some(_)) = (value("name"), value("pm_id")) {
        variables.retain(|(key, _)| *key != name);
    }
    if variables.is_empty() {
        return Err("there is no variable in it");
    }
    Ok(vec![Part { name: "process".to_owned(), variables, ..Part::default() }])
}
