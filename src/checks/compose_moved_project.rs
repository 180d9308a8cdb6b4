//! A rendered Compose file names things by its own folder, and that is another one than its template's.
//!
//! Why it hurts: docker compose looks for relative paths beside the first file and names the project after its folder. What a
//! file at the root of a project says of `./data` means `rendered/prod/data` once it is rendered: a build finds nothing, a mount
//! is a new, empty folder. Without `name:`, the project is `prod`, as every other that is rendered for prod on the same host, and
//! its named volumes are new ones.
//!
//! Example: `build: ./web` in `templates/compose.yml.j2`
//!
//! Remedy: write `../../web` and `name: …` in the template, or start it by `docker compose --project-directory . -f
//! rendered/prod/compose.yml`, by which both mean what they did.

use super::deployed::Deployed;
use crate::compose::{Application, Service, short};
use crate::finding::{Finding, Rule, Severity};
use crate::source::Span;
use crate::tree::Node;

pub(super) static RULE: Rule = Rule {
    code: "compose-moved-project",
    severity: Severity::Note,
    summary: "a rendered Compose file depends on the folder that it is in",
    page: include_str!("compose_moved_project.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let Some((application, beside)) = deployed.application().zip(deployed.deployment.beside.as_ref()) else { return };
    let mut used =
        application.services.iter().flat_map(|service| paths(service).into_iter().map(move |used| (service, used)));
    let moved = used.find_map(|(service, used)| {
        let path = leads_beside(&used.path).filter(|path| !is_among(path, beside))?.to_owned();
        Some((service, used, path))
    });
    let (finding, span, remedy) = match moved {
        Some((service, used, path)) => {
            let message = format!(
                "{} {} {}, which docker compose looks for beside this file",
                service.name, used.does, used.path
            );
            let path = if path.is_empty() { "../..".to_owned() } else { format!("../../{path}") };
            (Finding::new(&RULE, message).at(used.span, "not rendered"), used.span, path)
        }
        None => {
            let Some(span) = volumes(application) else { return };
            let message = "docker compose names these volumes after the folder of this file";
            (Finding::new(&RULE, message).at(span, ""), span, "a name: for the project".to_owned())
        }
    };
    let file = deployed.project.sources.path(span.source);
    let start = format!("docker compose --project-directory . -f {file}");
    let finding = finding.help(format!("write {remedy} in the template, or start it with {start}"));
    findings.push(deployed.of_environment(finding));
}

/// A path that a service uses.
struct Used {
    does: &'static str,
    path: String,
    span: Span,
}

fn paths(service: &Service) -> Vec<Used> {
    let text = |does, node: Option<&Node>| {
        node.and_then(|node| Some(Used { does, path: node.text()?.to_owned(), span: node.span }))
    };
    let build = service.node.get("build").map(AsRef::as_ref);
    let context = build.and_then(|build| build.get("context")).map(AsRef::as_ref).or(build);
    let mut found: Vec<Used> = text("builds from", context).into_iter().collect();
    let files = service.env_files().into_iter().filter(|file| file.required);
    found.extend(files.map(|file| Used { does: "reads", path: file.path, span: file.span }));
    let volumes = service.node.get("volumes").into_iter().flat_map(|volumes| volumes.items());
    found.extend(volumes.filter_map(|volume| {
        let mount = short::mount(volume).filter(|mount| mount.is_path)?;
        // Of the long form, this one line is meant.
        let span = volume.get("source").map_or(mount.span, |source| source.span);
        Some(Used { does: "mounts", path: mount.source?, span })
    }));
    found
}

/// The path within the folder of the file; `None` for one that leads out of what is rendered, that a variable decides, and
/// for what is none.
fn leads_beside(path: &str) -> Option<&str> {
    let elsewhere = path.starts_with(['/', '~', '\\']) || path.starts_with("../") || path == "..";
    let is_path = !path.is_empty() && !path.contains(['$', ':', '@']);
    let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    (is_path && !elsewhere).then_some(if path == "." { "" } else { path })
}

/// Whether a path is that of a file that is there, or of a folder of one.
fn is_among(path: &str, files: &[String]) -> bool {
    let is = |file: &String| file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if path.is_empty() { files.iter().any(|file| file == "Dockerfile") } else { files.iter().any(is) }
}

/// Where the volumes are declared, if neither the project nor each of them has a name of its own.
fn volumes(application: &Application) -> Option<Span> {
    let root = application.root.as_ref().filter(|root| root.get("name").is_none())?;
    let volumes = root.pair("volumes")?;
    let depends = |volume: &Node| volume.get("name").is_none() && volume.get("external").is_none();
    volumes.value.pairs().any(|volume| depends(&volume.value)).then_some(volumes.key_span)
}
