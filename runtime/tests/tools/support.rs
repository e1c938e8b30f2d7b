//! A toolbox of one tool in a folder of its own.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ir::{
    Builtin, EffectClass, Expr, ExprKind, Param, Program, Sandbox, SlotId, Tool, ToolBody, ToolId,
};
use agentrun_lang::source::SourceMap;
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labeled, Labels, Type, TypeTable, Value};
use agentrun_runtime::error::{Failure, FailureKind};
use agentrun_runtime::tool::{CallContext, Called, Settings, ToolFault, Toolbox};
use tempfile::TempDir;

/// A tool, a folder and the settings that join them.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) tool: Tool,
    pub(crate) types: TypeTable,
    pub(crate) settings: Settings,
    pub(crate) context: CallContext,
}

impl Bench {
    pub(crate) fn builtin(builtin: Builtin) -> Self {
        let effect = match builtin {
            Builtin::FsWrite | Builtin::FsPatch | Builtin::Shell => EffectClass::Write,
            _ => EffectClass::Read,
        };
        let params: &[&str] = match builtin {
            Builtin::FsRead | Builtin::FsList => &["path"],
            Builtin::FsSearch => &["pattern", "path"],
            Builtin::FsWrite => &["path", "text"],
            Builtin::FsPatch => &["path", "patch"],
            Builtin::HttpGet => &["url"],
            Builtin::Shell => &["cmd"],
        };
        Self::new(ToolBody::Builtin(builtin), effect, params)
    }

    /// A command; `$name` items are parameters.
    pub(crate) fn exec(argv: &[&str]) -> Self {
        let params: Vec<&str> = argv.iter().filter_map(|item| item.strip_prefix('$')).collect();
        let slot = |name: &str| params.iter().position(|param| *param == name).unwrap();
        let items = argv.iter().map(|item| match item.strip_prefix('$') {
            Some(name) => expr(ExprKind::Slot(SlotId(u32::try_from(slot(name)).unwrap()))),
            None => constant(item),
        });
        Self::new(ToolBody::Exec(items.collect()), EffectClass::Write, &params)
    }

    pub(crate) fn new(body: ToolBody, effect: EffectClass, params: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let env: BTreeMap<String, String> = ["PATH", "HOME"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
            .collect();
        let settings = Settings {
            folder: folder.path().to_path_buf(),
            protected: Vec::new(),
            launcher: PathBuf::from(env!("CARGO_BIN_EXE_agentrun-exec")),
            allow_unsandboxed: true,
            env,
            keys: Vec::new(),
        };
        let tool = Tool {
            name: "t".into(),
            doc: None,
            span: Span::default(),
            params: params.iter().map(|name| param(name)).collect(),
            ty: Type::String,
            body,
            effect,
            once: None,
            allow: None,
            labels: Labels::NONE,
            errors: Vec::new(),
            timeout: Some(20_000),
            sandbox: Sandbox::Off,
            network: false,
            env: Vec::new(),
        };
        Self { folder, tool, types: TypeTable::default(), settings, context: CallContext::default() }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Tool)) -> Self {
        change(&mut self.tool);
        self
    }

    pub(crate) fn allow(self, globs: &[&str]) -> Self {
        self.with(|tool| tool.allow = Some(globs.iter().map(|glob| (*glob).into()).collect()))
    }

    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn link(self, name: &str, target: impl AsRef<Path>) -> Self {
        std::os::unix::fs::symlink(target, self.path(name)).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Why the tool cannot work.
    pub(crate) fn fault(&self) -> ToolFault {
        Toolbox::new(self.program(), &self.settings).err().expect("it can work")
    }

    pub(crate) fn toolbox(&self) -> Toolbox {
        Toolbox::new(self.program(), &self.settings).unwrap()
    }

    fn program(&self) -> Arc<Program> {
        let program = Program {
            hash: String::new(),
            types: self.types.clone(),
            models: Vec::new(),
            guards: Vec::new(),
            memories: Vec::new(),
            tools: vec![self.tool.clone()],
            mcps: Vec::new(),
            skills: Vec::new(),
            agents: Vec::new(),
            entry_agents: 0,
            tests: Vec::new(),
            sources: Arc::new(SourceMap::default()),
        };
        Arc::new(program)
    }

    pub(crate) async fn called(&self, args: &[Value]) -> Called {
        let args: Vec<_> = args.iter().map(|value| Labeled::new(value.clone(), Labels::USER)).collect();
        self.toolbox().call(ToolId(0), &args, &self.context).await
    }

    pub(crate) async fn call(&self, args: &[&str]) -> Result<Value, Failure> {
        let args: Vec<_> = args.iter().map(|text| Value::text(*text)).collect();
        self.called(&args).await.result.map(|(value, _)| value)
    }

    /// The text that a call gives.
    pub(crate) async fn gives(&self, args: &[&str]) -> String {
        self.call(args).await.unwrap().as_str().unwrap().to_owned()
    }

    /// The kind and message of the failure that a call ends in.
    pub(crate) async fn fails(&self, args: &[&str]) -> (FailureKind, String) {
        let failure = self.call(args).await.unwrap_err();
        (failure.kind, failure.message)
    }

    pub(crate) fn timeout(self, millis: u64) -> Self {
        self.with(|tool| tool.timeout = Some(millis))
    }
}

pub(crate) fn param(name: &str) -> Param {
    Param {
        name: name.into(),
        alias: None,
        ty: Type::String,
        constraints: Vec::new(),
        labels: Labels::NONE,
        default: None,
        doc: None,
        span: Span::default(),
    }
}

pub(crate) fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

pub(crate) fn constant(text: &str) -> Expr {
    expr(ExprKind::Const(Value::text(text)))
}

pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(limit, work).await.expect("it took too long")
}

pub(crate) async fn assert_gone(pid: &str) {
    let stat = Path::new("/proc").join(pid).join("stat");
    for _ in 0..100 {
        let mut text = String::new();
        let there = std::fs::File::open(&stat).and_then(|mut file| file.read_to_string(&mut text)).is_ok();
        // Dead and not yet collected by whoever inherited it is gone enough.
        if !there || text.contains(") Z ") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("process {pid} is still there");
}
