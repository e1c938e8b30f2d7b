//! Every attack on a sandbox, at every level. What must hold is derived from what the machine gave: where Landlock
//! or seccomp is missing, `base` must refuse to start anything, and the rest is shown at `best_effort`.

use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use agentrun_lang::ir::Sandbox;
use agentrun_lang::value::Value;
use agentrun_runtime::error::{Commit, Failure, FailureKind};
use agentrun_runtime::tool::sandbox::{Confinement, Level};

use super::support::{Bench, assert_gone, constant, within};

pub(super) const LEVELS: [Sandbox; 3] = [Sandbox::Base, Sandbox::BestEffort, Sandbox::Off];

/// One command at one level.
pub(super) struct Tried {
    pub(super) result: Result<Value, Failure>,
    pub(super) reached: Confinement,
}

impl Tried {
    pub(super) fn text(&self) -> &str {
        self.result.as_ref().unwrap().as_str().unwrap()
    }
}

/// Runs a shell's text at each level that this machine can give.
pub(super) async fn at_each_level(text: &str, prepare: impl Fn(Bench) -> Bench) -> Vec<(Sandbox, Tried)> {
    let mut tried = Vec::new();
    for level in LEVELS {
        tried.extend(at(level, text, &prepare).await.map(|tried| (level, tried)));
    }
    assert!(tried.len() >= 2, "best_effort and off run everywhere");
    tried
}

pub(super) async fn at(level: Sandbox, text: &str, prepare: impl Fn(Bench) -> Bench) -> Option<Tried> {
    let bench = prepare(Bench::exec(&["sh", "-c", text])).with(|tool| tool.sandbox = level);
    let called = within(Duration::from_secs(20), bench.called(&[])).await;
    let result = called.result.map(|(value, _)| value);
    if called.confinement.is_none() {
        let failure = result.as_ref().unwrap_err();
        assert_eq!((level, &failure.kind), (Sandbox::Base, &FailureKind::Unavailable), "{failure}");
        println!("skipped at `base`: {failure}");
    }
    called.confinement.map(|reached| Tried { result, reached })
}

pub(super) fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        println!("skipped: `{program}` is not on this machine");
    }
    found
}

/// A folder that no grant reaches.
pub(super) fn outside() -> tempfile::TempDir {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "hush").unwrap();
    outside
}

#[tokio::test]
async fn the_level_reached_is_the_level_asked() {
    for (level, tried) in at_each_level("echo hello", |bench| bench).await {
        assert_eq!(tried.text(), "hello");
        let expected = match level {
            Sandbox::Off => Level::None,
            Sandbox::Base => Level::Base,
            _ if tried.reached.landlock > 0 && tried.reached.seccomp => Level::Base,
            _ if tried.reached.landlock > 0 || tried.reached.seccomp => Level::Partial,
            _ => Level::None,
        };
        assert_eq!(tried.reached.level, expected, "{level:?}");
        assert_eq!(
            tried.reached.missing.is_empty(),
            tried.reached.level == Level::Base || level == Sandbox::Off
        );
        assert_eq!(tried.reached.policy.len(), 64);
    }
}

#[tokio::test]
async fn nothing_is_written_outside() {
    let outside = outside();
    let target = outside.path().join("new");
    let text = format!("echo x > {}; echo tried", target.display());
    for level in LEVELS {
        let Some(tried) = at(level, &text, |bench| bench).await else { continue };
        assert_eq!(tried.text(), "tried");
        assert_eq!(target.exists(), tried.reached.landlock == 0, "{level:?}");
        let _ = std::fs::remove_file(&target);
    }
}

#[tokio::test]
async fn nothing_is_read_outside() {
    let outside = outside();
    let secret = outside.path().join("secret");
    let home = std::env::var("HOME").unwrap_or("/root".to_owned());
    let text = format!(
        "ln -s {0} sub/link; cat {0} sub/link sub/../{1}; ls {home} > /dev/null && echo home; echo tried",
        secret.display(),
        Path::new("..").join(secret.strip_prefix("/tmp").unwrap_or(&secret)).display(),
    );
    for (level, tried) in at_each_level(&text, |bench| bench.file("sub/x", "")).await {
        let confined = tried.reached.landlock > 0;
        assert_eq!(tried.text().contains("hush"), !confined, "{level:?}: {}", tried.text());
        assert_eq!(tried.text().contains("home"), !confined, "{level:?}: {}", tried.text());
    }
}

#[tokio::test]
async fn the_work_folder_and_a_private_one_can_be_written() {
    let text = "echo a > sub/new && mkdir sub/deep && mv sub/new sub/deep/ && echo b > $TMPDIR/x && cat $TMPDIR/x && \
                test $HOME = $TMPDIR && echo $TMPDIR";
    for (level, tried) in at_each_level(text, |bench| bench.file("sub/x", "").file(".git/config", "")).await {
        if level == Sandbox::Off {
            continue;
        }
        let (first, private) = tried.text().split_once('\n').unwrap();
        assert_eq!(first, "b");
        assert!(!Path::new(private).exists(), "the private folder is left: {private}");
    }
}

#[tokio::test]
async fn version_control_and_the_program_stay_as_they_are() {
    let text = "echo x > .git/config; echo x > agents/main.agent; echo x > agents/other; rm -rf .git; \
                mv .git git; echo x > top; echo tried";
    let prepare = |bench: Bench| {
        let mut bench =
            bench.file(".git/config", "old").file("agents/main.agent", "old").file("agents/other", "old");
        bench.settings.protected = vec!["agents/main.agent".into()];
        bench
    };
    for level in LEVELS {
        let bench = prepare(Bench::exec(&["sh", "-c", text])).with(|tool| tool.sandbox = level);
        let Some(reached) = bench.called(&[]).await.confinement else { continue };
        if reached.landlock == 0 {
            continue;
        }
        assert_eq!(bench.text(".git/config"), "old");
        assert_eq!(bench.text("agents/main.agent"), "old");
        assert_eq!(bench.text("agents/other"), "x\n");
        assert!(!bench.path("top").exists());
    }
}

#[tokio::test]
async fn without_anything_to_keep_the_whole_folder_is_open() {
    for (level, tried) in at_each_level("echo x > top && cat top", |bench| bench).await {
        assert_eq!(tried.text(), "x", "{level:?}");
    }
}

#[tokio::test]
async fn no_network_is_reached() {
    if !has("perl") {
        return;
    }
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    tcp.set_nonblocking(true).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let text = format!(
        r"perl -MSocket -e '
            socket(S, PF_INET, SOCK_STREAM, 0) and connect(S, pack_sockaddr_in({tcp}, inet_aton(q(127.0.0.1)))) and print q(tcp );
            socket(U, PF_INET, SOCK_DGRAM, 0) and send(U, q(x), 0, pack_sockaddr_in({udp}, inet_aton(q(127.0.0.1)))) and print q(udp );
            socket(V, PF_INET6, SOCK_DGRAM, 0) and print q(inet6 );
            socket(N, 16, SOCK_RAW, 0) and print q(netlink );
            socket(P, 17, SOCK_RAW, 0) and print q(packet );
            socketpair(A, B, AF_UNIX, SOCK_STREAM, PF_UNSPEC) and print q(pair)'",
        tcp = tcp.local_addr().unwrap().port(),
        udp = udp.local_addr().unwrap().port(),
    );
    for level in LEVELS {
        let Some(tried) = at(level, &text, |bench| bench).await else { continue };
        let open = !tried.reached.seccomp;
        for family in ["udp", "inet6", "netlink", "packet"] {
            assert_eq!(tried.text().contains(family), open, "{level:?}: {}", tried.text());
        }
        let tcp_open = open && tried.reached.landlock < 4;
        assert_eq!(tried.text().contains("tcp"), tcp_open, "{level:?}: {}", tried.text());
        assert_eq!(tcp.accept().is_ok(), tcp_open, "{level:?}");
        assert_eq!(udp.recv(&mut [0; 8]).is_ok(), open, "{level:?}");
        assert!(tried.text().ends_with("pair"), "{level:?}: {}", tried.text());
    }
}

#[tokio::test]
async fn network_true_opens_the_internet_and_nothing_else() {
    if !has("perl") {
        return;
    }
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!(
        r"perl -MSocket -e '
            socket(S, PF_INET, SOCK_STREAM, 0) and connect(S, pack_sockaddr_in({}, inet_aton(q(127.0.0.1)))) and print q(tcp );
            socket(X, PF_UNIX, SOCK_STREAM, 0) and print q(unix );
            socket(P, 17, SOCK_RAW, 0) and print q(packet )'",
        tcp.local_addr().unwrap().port(),
    );
    for (level, tried) in at_each_level(&text, |bench| bench.with(|tool| tool.network = true)).await {
        let expected = if tried.reached.seccomp { "tcp " } else { "tcp unix packet " };
        // A plain user may not make packet sockets in any case.
        assert_eq!(tried.text().replace("packet ", ""), expected.replace("packet ", ""), "{level:?}");
        assert!(!(tried.reached.seccomp && tried.text().contains("packet")), "{level:?}");
    }
}

#[tokio::test]
async fn no_unix_socket_is_reached() {
    if !has("perl") {
        return;
    }
    let text = r"perl -MSocket -e '
        socket(S, PF_UNIX, SOCK_STREAM, 0) and connect(S, pack_sockaddr_un(q(sub/s))) and print q(named );
        socket(T, PF_UNIX, SOCK_DGRAM, 0) and print q(any );
        print q(tried)'";
    for level in LEVELS {
        let bench = Bench::exec(&["sh", "-c", text]).file("sub/x", "").with(|tool| tool.sandbox = level);
        let listener = UnixListener::bind(bench.path("sub/s")).unwrap();
        listener.set_nonblocking(true).unwrap();
        let called = bench.called(&[]).await;
        let Some(reached) = called.confinement else { continue };
        let said = called.result.unwrap().0;
        let expected = if reached.seccomp { "tried" } else { "named any tried" };
        assert_eq!(said.as_str(), Some(expected), "{level:?}");
        assert_eq!(listener.accept().is_ok(), !reached.seccomp, "{level:?}");
    }
}

#[tokio::test]
async fn no_process_outside_is_signaled_or_looked_into() {
    let mut victim = Command::new("sleep").arg("60").spawn().unwrap();
    let text = format!(
        "kill -0 {0} && echo signal; cat /proc/{0}/environ > /dev/null && echo environ; \
         kill -0 $PPID && echo launcher; echo tried",
        victim.id()
    );
    for (level, tried) in at_each_level(&text, |bench| bench).await {
        let version = tried.reached.landlock;
        assert_eq!(tried.text().contains("signal"), version < 6, "{level:?}: {}", tried.text());
        assert_eq!(tried.text().contains("launcher"), version < 6, "{level:?}: {}", tried.text());
        assert_eq!(tried.text().contains("environ"), version == 0, "{level:?}: {}", tried.text());
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
}

#[tokio::test]
async fn a_launcher_that_is_killed_takes_its_command_along() {
    let bench = Bench::exec(&["sh", "-c", "echo $$ > pid; sleep 60 & kill -9 $PPID; wait"]);
    let (kind, message) = within(Duration::from_secs(15), bench.fails(&[])).await;
    assert_eq!(kind, FailureKind::Failed);
    assert_eq!(message, "the launcher of `sh` did not say how it ended");
    assert_gone(bench.text("pid").trim()).await;
}

#[tokio::test]
async fn no_system_call_leads_out() {
    if !has("perl") || !cfg!(target_arch = "x86_64") {
        println!("skipped: numbers of system calls are those of x86-64");
        return;
    }
    // ptrace, unshare(user), mount, bpf, keyctl, perf_event_open, userfaultfd, io_uring_setup, clone3, the second
    // number of socket.
    let text = r"perl -e '
        for my $call ([101,0,0,0,0], [272,0x10000000], [165,0,0,0,0,0], [321,0,0,0], [250,0,0,0], [298,0,0,0,0,0],
                      [323,0], [425,1,0], [435,0,0], [0x40000000+41,2,1,0]) {
            $! = 0; my $done = syscall($call->[0], map { $_+0 } @$call[1..$#$call]);
            print $call->[0] & 0xfff, q(=), $done < 0 ? $!+0 : q(ok), q( );
        }'";
    for (level, tried) in at_each_level(text, |bench| bench).await {
        if !tried.reached.seccomp {
            continue;
        }
        let (eperm, enosys) = (1, 38);
        for call in [101, 272, 165, 321, 250, 298, 323, 425] {
            assert!(tried.text().contains(&format!("{call}={eperm} ")), "{level:?} {call}: {}", tried.text());
        }
        assert!(tried.text().contains(&format!("435={enosys} ")), "{level:?}: {}", tried.text());
        assert!(tried.text().contains(&format!("41={eperm} ")), "{level:?}: {}", tried.text());
    }
}

#[tokio::test]
async fn the_environment_is_clean_but_for_what_is_named() {
    let prepare = |mut bench: Bench| {
        bench.settings.env.insert("OPENAI_API_KEY".to_owned(), "sk-1".to_owned());
        bench.settings.env.insert("PATH".to_owned(), "bin::./x:/usr/local/bin:/usr/bin:/bin".to_owned());
        bench.with(|tool| tool.env = vec![("REGION".into(), constant("eu"))])
    };
    for (level, tried) in at_each_level("env | sort", prepare).await {
        let mut names: Vec<_> = tried.text().lines().filter_map(|line| line.split_once('=')).collect();
        names.retain(|(name, _)| !["PWD", "OLDPWD", "SHLVL", "_", "TZ"].contains(name));
        let key = "AGENTRUN_IDEMPOTENCY_KEY";
        let expected = [key, "GIT_CONFIG_NOSYSTEM", "HOME", "LANG", "PATH", "REGION", "TMPDIR"];
        assert_eq!(names.iter().map(|(name, _)| *name).collect::<Vec<_>>(), expected, "{level:?}");
        assert!(names.contains(&("PATH", "/usr/local/bin:/usr/bin:/bin")), "{level:?}: {names:?}");
        assert!(names.contains(&("REGION", "eu")), "{level:?}");
    }
}

#[tokio::test]
async fn no_descriptor_is_inherited() {
    use rustix::fs::{Mode, OFlags, open};
    let leaking = open("/etc/passwd", OFlags::RDONLY, Mode::empty()).unwrap();
    for (level, tried) in at_each_level("ls /proc/$$/fd", |bench| bench).await {
        assert_eq!(tried.text().split_whitespace().collect::<Vec<_>>(), ["0", "1", "2"], "{level:?}");
    }
    drop(leaking);
}

#[tokio::test]
async fn full_says_that_it_is_not_there_yet() {
    let bench = Bench::exec(&["true"]).with(|tool| tool.sandbox = Sandbox::Full);
    let (kind, message) = bench.fails(&[]).await;
    assert_eq!(kind, FailureKind::Unavailable);
    assert_eq!(
        message,
        "`t` asks for `sandbox: full`, which this version does not have yet; `sandbox: base` is there"
    );
}

#[tokio::test]
async fn off_needs_a_word_from_who_runs_it() {
    let mut bench = Bench::exec(&["true"]);
    bench.settings.allow_unsandboxed = false;
    let (kind, message) = bench.fails(&[]).await;
    assert_eq!(kind, FailureKind::Denied);
    assert!(message.contains("--allow-unsandboxed"), "{message}");
}

/// A machine without Landlock or seccomp, made by a launcher whose kernel has neither.
#[tokio::test]
async fn below_the_asked_level_nothing_is_started() {
    if !has("perl") || !cfg!(target_os = "linux") {
        return;
    }
    let arch = if cfg!(target_arch = "x86_64") { 0xc000_003e_u32 } else { 0xc000_00b7 };
    if !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
        println!("skipped: no numbers for this processor");
        return;
    }
    let (prctl, seccomp) = if cfg!(target_arch = "x86_64") { (157, 317) } else { (167, 277) };
    for (missing, level, word) in [
        ([444, 444], Level::Partial, "Landlock"),
        ([seccomp, seccomp], Level::Partial, "seccomp"),
        ([444, seccomp], Level::None, "Landlock"),
    ] {
        let mut bench = Bench::exec(&["echo", "ran"]);
        let wrapper = bench.path("launcher");
        // load nr; if it is one of two: ENOSYS; else allow.
        let script = format!(
            "#!/usr/bin/perl\nmy $f = pack('(SCCL)*', 0x20,0,0,4, 0x15,0,4,{arch}, 0x20,0,0,0, 0x15,1,0,{0}, \
             0x15,0,1,{1}, 0x06,0,0,0x00050026, 0x06,0,0,0x7fff0000);\n\
             syscall({prctl}, 38, 1, 0, 0, 0) == 0 or die; my $p = pack('Sx6P', 7, $f);\n\
             syscall({seccomp}, 1, 0, $p) == 0 or die $!;\nexec('{2}', @ARGV);\n",
            missing[0],
            missing[1],
            bench.settings.launcher.display()
        );
        std::fs::write(&wrapper, script).unwrap();
        std::fs::set_permissions(&wrapper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        bench.settings.launcher = wrapper;

        let bench = bench.with(|tool| tool.sandbox = Sandbox::Base);
        let called = bench.called(&[]).await;
        assert_eq!(called.confinement, None);
        let failure = called.result.unwrap_err();
        assert_eq!((&failure.kind, failure.commit), (&FailureKind::Unavailable, Commit::None));
        assert!(
            failure.message.contains(word) && failure.message.contains("`sandbox: best_effort`"),
            "{failure:?}"
        );

        let bench = bench.with(|tool| tool.sandbox = Sandbox::BestEffort);
        let called = bench.called(&[]).await;
        let reached = called.confinement.unwrap();
        assert_eq!(called.result.unwrap().0.as_str(), Some("ran"));
        assert!(reached.level <= level, "{reached:?}");
        assert!(reached.missing.iter().any(|what| what.starts_with(word)), "{reached:?}");
    }
}

#[tokio::test]
async fn usual_programs_work_inside() {
    for (program, argv, said) in [
        ("git", &["git", "status", "--short"][..], "?? src/"),
        (
            "python3",
            &[
                "python3",
                "-c",
                "import json, subprocess as s; print(s.run(['echo', 'x'], capture_output=True).stdout)",
            ],
            "b'x\\n'",
        ),
        (
            "node",
            &["node", "-e", "console.log(require('child_process').execSync('echo x').toString().trim())"],
            "x",
        ),
        (
            "perl",
            &["perl", "-MFile::Temp=tempfile", "-e", "my ($f) = tempfile(); print $f 'x'; print 'ok'"],
            "ok",
        ),
        (
            "cargo",
            &["cargo", "metadata", "--offline", "--no-deps", "--format-version", "1", "--quiet"],
            "\"packages\"",
        ),
        ("rustc", &["sh", "-c", "rustc -o target/x src/main.rs && target/x"], "built"),
    ] {
        if !has(program) {
            continue;
        }
        let bench = Bench::exec(argv)
            .file("Cargo.toml", "[package]\nname = \"x\"\nedition = \"2021\"\n")
            .file("src/main.rs", "fn main() { println!(\"built\"); }\n")
            .file("target/.keep", "");
        Command::new("git").args(["init", "-q"]).current_dir(bench.folder.path()).status().unwrap();
        let bench = bench.with(|tool| tool.sandbox = Sandbox::BestEffort).timeout(60_000);
        let text = within(Duration::from_mins(1), bench.gives(&[])).await;
        assert!(text.contains(said), "{program}: {text}");
    }
}
