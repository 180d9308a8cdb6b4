//! What the server knows, and who answers which message.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{self, Notification as _};
use lsp_types::request::{self, Request as _};
use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions, Diagnostic,
    DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, HoverProviderCapability, InitializeParams, InitializeResult, MarkupKind, OneOf,
    PublishDiagnosticsParams, ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::identities;
use super::documents::{Document, Documents, relative};
use super::positions::Encoding;
use super::unit::{Means, Unit};
use super::{actions, completion, definition, hover, uris, wire};

/// What the client can do.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// Whether hovers may be Markdown.
    pub(super) markdown: bool,
    /// Whether it tells of files that change when asked to.
    watches: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Before `initialize`.
    Waiting,
    Running,
    /// After `shutdown`.
    Ending,
}

/// Whether the conversation goes on.
pub(super) enum Flow {
    On,
    End(ExitCode),
}

/// The server.
pub(super) struct Server {
    phase: Phase,
    client: Client,
    means: Means,
    /// The one project to look at, where one was named.
    only: Option<PathBuf>,
    documents: Documents,
    /// By folder.
    units: BTreeMap<PathBuf, Unit>,
    /// What the client shows, by file.
    published: BTreeMap<PathBuf, Vec<Diagnostic>>,
    /// The texts that changed since the client was last told of them.
    touched: BTreeSet<PathBuf>,
}

/// An open text, and the project that it belongs to.
pub(super) struct Opened<'s> {
    pub(super) client: Client,
    pub(super) unit: &'s Unit,
    /// Relative to the project.
    pub(super) path: String,
    pub(super) document: &'s Document,
    pub(super) documents: &'s Documents,
}

impl Opened<'_> {
    /// The URI of a file of the project: as the client spells it where it has it open.
    pub(super) fn uri(&self, path: &str) -> Option<Uri> {
        spelt(self.documents, &self.unit.root.join(path))
    }
}

fn spelt(documents: &Documents, path: &Path) -> Option<Uri> {
    documents.get(path).map(|document| document.uri.clone()).or_else(|| uris::of(path))
}

impl Server {
    pub(super) fn new(only: Option<PathBuf>, named: Vec<PathBuf>, process: HashMap<String, String>) -> Self {
        Self {
            phase: Phase::Waiting,
            client: Client::default(),
            means: Means { named, process, ..Means::default() },
            only,
            documents: Documents::default(),
            units: BTreeMap::new(),
            published: BTreeMap::new(),
            touched: BTreeSet::new(),
        }
    }

    /// Whether something changed that was not judged yet.
    pub(super) fn is_behind(&self) -> bool {
        self.phase == Phase::Running && self.units.values().any(|unit| unit.behind)
    }

    /// How long judging may take, from the last time.
    pub(super) fn took(&self) -> Duration {
        self.units.values().filter(|unit| unit.behind).map(|unit| unit.took).sum()
    }

    /// What the process ends with when the client has gone.
    pub(super) fn farewell(&self) -> ExitCode {
        ExitCode::from(u8::from(self.phase != Phase::Ending))
    }

    /// Judges what changed and tells the client.
    pub(super) fn catch_up(&mut self) {
        loop {
            let behind = self.units.values_mut().filter(|unit| unit.behind);
            behind.for_each(|unit| unit.check(&self.documents, &self.means, self.client.encoding));
            let members = self.units.values().flat_map(|unit| unit.members.iter().cloned());
            let new: Vec<_> = members.filter(|member| !self.units.contains_key(member)).collect();
            if new.is_empty() {
                break;
            }
            self.units.extend(new.into_iter().map(|member| (member.clone(), Unit::new(&member))));
        }
        self.publish();
    }

    fn publish(&mut self) {
        let mut now: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
        for unit in self.units.values() {
            let uri = |path: &str| spelt(&self.documents, &unit.root.join(path));
            for told in &unit.told {
                let diagnostics = now.entry(unit.root.join(&told.path)).or_default();
                let diagnostic = told.complete(uri);
                if !diagnostics.contains(&diagnostic) {
                    diagnostics.push(diagnostic);
                }
            }
        }
        let paths: BTreeSet<_> = now.keys().chain(self.published.keys()).chain(&self.touched).cloned().collect();
        for path in paths {
            let diagnostics = now.get(&path).cloned().unwrap_or_default();
            let same = self.published.get(&path).map_or(diagnostics.is_empty(), |shown| *shown == diagnostics);
            if same && !self.touched.contains(&path) {
                continue;
            }
            let Some(uri) = spelt(&self.documents, &path) else { continue };
            let version = self.documents.get(&path).map(|document| document.version);
            notify::<notification::PublishDiagnostics>(PublishDiagnosticsParams { uri, diagnostics, version });
        }
        self.published = now;
        self.touched.clear();
    }

    /// Takes one message.
    pub(super) fn take(&mut self, message: Message) -> Flow {
        match message {
            Message::Request(request) => {
                let id = request.id.clone();
                let response = match self.answer(request) {
                    Ok(result) => Response { id, response_result: Ok(result) },
                    Err((code, message)) => Response::new_err(id, code as i32, message.to_owned()),
                };
                wire::send(&response.into());
                Flow::On
            }
            Message::Notification(notification) if notification.method == notification::Exit::METHOD => {
                Flow::End(self.farewell())
            }
            Message::Notification(notification) => {
                if self.phase == Phase::Running {
                    self.hear(notification);
                }
                Flow::On
            }
            // To what this server asked: to watch files. If the client does not, it goes without.
            Message::Response(_) => Flow::On,
        }
    }

    fn answer(&mut self, request: Request) -> Answer {
        match (self.phase, request.method.as_str()) {
            (Phase::Waiting, request::Initialize::METHOD) => Ok(self.initialize(parameters(request.params)?)),
            (Phase::Waiting, _) => Err((ErrorCode::ServerNotInitialized, "initialize comes first")),
            (Phase::Ending, _) => Err((ErrorCode::InvalidRequest, "the server was shut down")),
            (_, request::Initialize::METHOD) => Err((ErrorCode::InvalidRequest, "initialize comes once")),
            (_, request::Shutdown::METHOD) => {
                self.phase = Phase::Ending;
                Ok(Value::Null)
            }
            // What can be completed hangs on the text before the cursor, not on what is wrong in it.
            (_, request::Completion::METHOD) => {
                let params: lsp_types::CompletionParams = parameters(request.params)?;
                let place = params.text_document_position;
                Ok(self
                    .opened(&place.text_document.uri)
                    .map_or(Value::Null, |opened| value(completion::at(&opened, place.position))))
            }
            (_, request::HoverRequest::METHOD) => {
                self.catch_up_if_behind();
                let params: lsp_types::HoverParams = parameters(request.params)?;
                let place = params.text_document_position_params;
                let opened = self.opened(&place.text_document.uri);
                Ok(value(opened.and_then(|opened| hover::at(&opened, place.position))))
            }
            (_, request::GotoDefinition::METHOD) => {
                self.catch_up_if_behind();
                let params: lsp_types::GotoDefinitionParams = parameters(request.params)?;
                let place = params.text_document_position_params;
                let opened = self.opened(&place.text_document.uri);
                Ok(value(opened.map(|opened| definition::at(&opened, place.position))))
            }
            (_, request::CodeActionRequest::METHOD) => {
                self.catch_up_if_behind();
                let params: lsp_types::CodeActionParams = parameters(request.params)?;
                let opened = self.opened(&params.text_document.uri);
                Ok(value(opened.map(|opened| actions::at(&opened, &params))))
            }
            _ => Err((ErrorCode::MethodNotFound, "this server does not know this method")),
        }
    }

    fn catch_up_if_behind(&mut self) {
        if self.is_behind() {
            self.catch_up();
        }
    }

    fn initialize(&mut self, params: InitializeParams) -> Value {
        self.client = client(&params.capabilities);
        #[allow(deprecated, reason = "clients from before there were several folders")]
        let root = params.root_uri;
        let folders = params.workspace_folders.unwrap_or_default().into_iter().map(|folder| folder.uri);
        let mut folders: Vec<_> = folders.filter_map(|uri| uris::path(&uri)).collect();
        if folders.is_empty() {
            folders.extend(root.as_ref().and_then(uris::path));
        }
        match self.only.clone() {
            Some(only) => self.watch(&only),
            None => folders.iter().for_each(|folder| self.watch(&crate::project::discover(folder))),
        }
        match identities::of_person(&self.means.named) {
            Ok(person) => self.means.person = person,
            Err(error) => {
                // Never more than the message: what stands in a key file is nobody's business.
                let params =
                    json!({ "type": 2, "message": format!("sparkcfg: {}; sealed files stay closed", error.message) });
                notify_value("window/showMessage", params);
            }
        }
        self.phase = Phase::Running;
        let server_info =
            Some(ServerInfo { name: "sparkcfg".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) });
        let capabilities = capabilities(self.client.encoding);
        value(InitializeResult { capabilities, server_info })
    }

    fn watch(&mut self, root: &Path) {
        if !self.units.contains_key(root) {
            self.units.insert(root.to_owned(), Unit::new(root));
        }
    }

    fn hear(&mut self, notification: Notification) {
        let params = notification.params;
        match notification.method.as_str() {
            notification::Initialized::METHOD => self.begin(),
            notification::DidOpenTextDocument::METHOD => {
                let Ok(params) = parameters::<DidOpenTextDocumentParams>(params) else { return };
                let opened = params.text_document;
                let Some(path) = uris::path(&opened.uri) else { return };
                let document = Document { uri: opened.uri, version: opened.version, text: opened.text };
                if let (None, Some(folder)) = (&self.only, path.parent()) {
                    self.watch(&crate::project::discover(folder));
                }
                self.documents.open(path.clone(), document);
                self.touch(path);
            }
            notification::DidChangeTextDocument::METHOD => {
                let Ok(params) = parameters::<DidChangeTextDocumentParams>(params) else { return };
                let Some(path) = uris::path(&params.text_document.uri) else { return };
                let version = params.text_document.version;
                if self.documents.change(&path, version, params.content_changes, self.client.encoding) {
                    self.touch(path);
                }
            }
            notification::DidCloseTextDocument::METHOD => {
                let Ok(params) = parameters::<DidCloseTextDocumentParams>(params) else { return };
                let Some(path) = uris::path(&params.text_document.uri) else { return };
                if self.documents.close(&path) {
                    self.touch(path);
                }
            }
            notification::DidSaveTextDocument::METHOD | notification::DidChangeWatchedFiles::METHOD => {
                self.units.values_mut().for_each(Unit::refresh);
            }
            notification::DidChangeWorkspaceFolders::METHOD => {
                let Ok(params) = parameters::<DidChangeWorkspaceFoldersParams>(params) else { return };
                self.change_folders(&params);
            }
            // Whatever else there is need not be heard.
            _ => {}
        }
    }

    /// Asks to be told of files that change.
    fn begin(&self) {
        if self.client.watches {
            let globs = [
                "**/*.env",
                "**/.env*",
                "**/*.env.age",
                "**/sparkcfg.toml",
                "**/*.schema.json",
                "**/.sops.yaml",
                "**/rendered/**",
            ];
            let watchers: Vec<_> = globs.iter().map(|glob| json!({ "globPattern": glob })).collect();
            let registration = json!({
                "id": "files", "method": notification::DidChangeWatchedFiles::METHOD,
                "registerOptions": { "watchers": watchers },
            });
            let id = RequestId::from("sparkcfg-watch".to_owned());
            let params = json!({ "registrations": [registration] });
            wire::send(&Request::new(id, request::RegisterCapability::METHOD.to_owned(), params).into());
        }
    }

    fn change_folders(&mut self, params: &DidChangeWorkspaceFoldersParams) {
        if self.only.is_some() {
            return;
        }
        let folders = |folders: &[lsp_types::WorkspaceFolder]| -> Vec<PathBuf> {
            folders.iter().filter_map(|folder| uris::path(&folder.uri)).collect()
        };
        for removed in folders(&params.event.removed) {
            self.units.retain(|root, _| !root.starts_with(&removed));
        }
        for added in folders(&params.event.added) {
            self.watch(&crate::project::discover(&added));
        }
        // What is no longer shown must be taken away even if nothing is left to judge.
        self.catch_up();
    }

    /// A text changed: the project that it belongs to must be judged again, and any other that reads it.
    fn touch(&mut self, path: PathBuf) {
        let nearest = self.nearest(&path);
        for (root, unit) in &mut self.units {
            let reads = || relative(root, &path).is_some_and(|path| unit.reads(&path));
            unit.behind |= nearest.as_ref() == Some(root) || reads();
        }
        self.touched.insert(path);
    }

    /// The folder of the project that a file belongs to.
    fn nearest(&self, path: &Path) -> Option<PathBuf> {
        let roots = self.units.keys().filter(|root| path.starts_with(root));
        roots.max_by_key(|root| root.components().count()).cloned()
    }

    fn opened(&self, uri: &Uri) -> Option<Opened<'_>> {
        let path = uris::path(uri)?;
        let document = self.documents.get(&path)?;
        let reading = self.units.values().filter(|unit| unit.project.is_some());
        let mut reading = reading.filter_map(|unit| Some((unit, relative(&unit.root, &path)?)));
        let nearest = || {
            let unit = self.units.get(&self.nearest(&path)?)?;
            Some((unit, relative(&unit.root, &path)?))
        };
        let (unit, path) = reading.find(|(unit, path)| unit.reads(path)).or_else(nearest)?;
        Some(Opened { client: self.client, unit, path, document, documents: &self.documents })
    }
}

/// A result, or why there is none.
type Answer = Result<Value, (ErrorCode, &'static str)>;

/// Reads parameters. What serde says of them is not passed on: it may quote a text.
fn parameters<T: DeserializeOwned>(params: Value) -> Result<T, (ErrorCode, &'static str)> {
    serde_json::from_value(params)
        .map_err(|_| (ErrorCode::InvalidParams, "the parameters are not those of this method"))
}

fn value(result: impl Serialize) -> Value {
    serde_json::to_value(result).unwrap_or_default()
}

fn notify<N: notification::Notification>(params: N::Params) {
    notify_value(N::METHOD, value(params));
}

fn notify_value(method: &str, params: Value) {
    wire::send(&Notification { method: method.to_owned(), params }.into());
}

fn client(capabilities: &ClientCapabilities) -> Client {
    let general = capabilities.general.as_ref().and_then(|general| general.position_encodings.as_deref());
    let hover = capabilities.text_document.as_ref().and_then(|text| text.hover.as_ref());
    let formats = hover.and_then(|hover| hover.content_format.as_deref()).unwrap_or_default();
    let workspace = capabilities.workspace.as_ref();
    let watches = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
    Client {
        encoding: Encoding::agreed(general.unwrap_or_default()),
        markdown: formats.contains(&MarkupKind::Markdown),
        watches: watches.and_then(|watches| watches.dynamic_registration).unwrap_or_default(),
    }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::Supported(true)),
        ..TextDocumentSyncOptions::default()
    };
    let actions = CodeActionOptions {
        code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, actions::FIX_ALL]),
        ..CodeActionOptions::default()
    };
    let triggers = ["=", "{", "[", "\"", "$"].map(str::to_owned).to_vec();
    let folders =
        WorkspaceFoldersServerCapabilities { supported: Some(true), change_notifications: Some(OneOf::Left(true)) };
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(triggers),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(actions)),
        workspace: Some(WorkspaceServerCapabilities { workspace_folders: Some(folders), file_operations: None }),
        ..ServerCapabilities::default()
    }
}
