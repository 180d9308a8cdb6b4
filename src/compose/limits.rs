//! What a service may take, said in both of the forms that Compose knows: it refuses two that differ.

use super::Service;
use super::service::literal;
use crate::source::Span;
use crate::tree::Node;

/// The short form, the path of the long one, and how both are read. Where the long form is there at all, one that is left
/// out of it differs from any limit: measured with docker compose 2.40.
const FORMS: [(&str, [&str; 4], Amount); 5] = [
    ("mem_limit", ["deploy", "resources", "limits", "memory"], bytes),
    ("cpus", ["deploy", "resources", "limits", "cpus"], number),
    ("pids_limit", ["deploy", "resources", "limits", "pids"], number),
    ("mem_reservation", ["deploy", "resources", "reservations", "memory"], bytes),
    ("scale", ["deploy", "replicas", "", ""], number),
];

/// How much a text says; `None` where it says nothing that is known here.
type Amount = fn(&str) -> Option<f64>;

/// A limit in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// The short form.
    pub short: &'static str,
    /// Where its value stands.
    pub span: Span,
    /// The path of the long form.
    pub long: String,
    /// Where the long form is, or what it would stand in.
    pub other: Span,
}

/// The limits of a service that it says in both forms, and not alike; those that a variable decides are left out.
#[must_use]
pub fn differing(service: &Service) -> Vec<Differing> {
    let one = |(short, path, amount): &(&'static str, [&str; 4], Amount)| {
        let path: Vec<&str> = path.iter().copied().filter(|name| !name.is_empty()).collect();
        let said = service.get(short)?;
        let own = amount(&literal(said)?).filter(|own| *own != 0.0)?;
        let outer = match path.len() {
            2 => None,
            length => Some(service.node.find(&path[..length - 1]).filter(|node| node.pairs().next().is_some())?),
        };
        let (other, differs) = match service.node.find(&path).filter(|node| !node.is_null()) {
            Some(long) => (long, is_other(*amount, own, long)),
            None => (outer?, !service.partial),
        };
        differs.then(|| Differing { short, span: said.span, long: path.join("."), other: other.span })
    };
    FORMS.iter().filter_map(one).collect()
}

fn is_other(amount: Amount, own: f64, long: &Node) -> bool {
    literal(long).and_then(|text| amount(&text)).is_some_and(|long| (long - own).abs() > f64::EPSILON * own.abs())
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// `512M`, `1.5gb`, `1048576`: bytes, by powers of 1024.
fn bytes(text: &str) -> Option<f64> {
    let lower = text.trim().to_ascii_lowercase();
    let short = lower.strip_suffix('b').unwrap_or(&lower);
    let units = ['k', 'm', 'g', 't', 'p'];
    let unit = short.chars().last().and_then(|last| units.iter().position(|unit| *unit == last));
    let digits = if unit.is_some() { short.get(..short.len() - 1)? } else { short };
    let factor = unit.map_or(1.0, |power| (0..=power).fold(1.0, |factor, _| factor * 1024.0));
    Some(number(digits)? * factor)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Sources;
    use crate::tree::yaml;

    /// Docker compose 2.40 refuses each of these of which something is told, and no other.
    #[test]
    fn what_differs() {
        for (text, expected) in [
            ("pids_limit: 5, deploy: {resources: {limits: {memory: 1M}}}", "pids_limit"),
            ("cpus: 1, deploy: {resources: {limits: {memory: 1M}}}", "cpus"),
            ("mem_limit: 2m, deploy: {resources: {limits: {memory: 1M}}}", "mem_limit"),
            ("mem_limit: 1024k, deploy: {resources: {limits: {memory: 1M}}}", ""),
            ("mem_limit: 1mb, deploy: {resources: {limits: {memory: 1M}}}", ""),
            ("cpus: 1, deploy: {resources: {limits: {cpus: '1.0'}}}", ""),
            ("cpus: 2, deploy: {resources: {limits: {cpus: '1'}}}", "cpus"),
            ("cpu_shares: 2, deploy: {resources: {limits: {cpus: '1'}}}", ""),
            ("pids_limit: 0, deploy: {resources: {limits: {pids: 5}}}", ""),
            ("pids_limit: '${N}', deploy: {resources: {limits: {pids: 5}}}", ""),
            ("pids_limit: 5, deploy: {resources: {reservations: {memory: 1M}}}", ""),
            ("pids_limit: 5, deploy: {replicas: 2}", ""),
            ("mem_reservation: 2m, deploy: {resources: {reservations: {memory: 1M}}}", "mem_reservation"),
            ("scale: 3, deploy: {replicas: 2}", "scale"),
            ("scale: 3, deploy: {mode: replicated}", ""),
        ] {
            let source = Sources::default().add("a.yml", "");
            let root = yaml::parse(source, &format!("{{{text}}}")).unwrap().roots.remove(0);
            let span = Span::new(source, 0..0);
            let service = Service { name: "a".to_owned(), span, node: Arc::clone(&root), partial: false };
            let found: Vec<_> = differing(&service).into_iter().map(|one| one.short).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }
}
