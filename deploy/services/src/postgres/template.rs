//! Which PostgreSQL there is, and a data folder of it to copy: to make one takes seconds, to copy one a moment.

use std::{
    env, fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::geteuid;

use super::run;

/// The file of settings that a data folder includes.
pub(super) const INCLUDED: &str = "service.conf";

/// Where Debian puts each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The user under which root's servers run: they refuse to be root.
const USER: &str = "postgres";

/// A PostgreSQL on this machine, and as whom to run it.
#[derive(Clone, Debug)]
pub(super) struct Installation {
    version: u32,
    /// User and group when it cannot be run as oneself.
    owner: Option<(u32, u32)>,
}

impl Installation {
    /// The newest that is installed.
    pub(super) fn find() -> io::Result<Self> {
        let missing = || io::Error::other("PostgreSQL is not installed: apt-get install postgresql");
        let version = fs::read_dir(VERSIONS)
            .map_err(|_| missing())?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|version| Path::new(&format!("{VERSIONS}/{version}/bin/postgres")).exists())
            .max()
            .ok_or_else(missing)?;
        let owner = geteuid().is_root().then(owner).transpose()?;
        Ok(Self { version, owner })
    }

    /// The words of a command line that runs one of its programs.
    pub(super) fn words(&self, program: &str, arguments: &[&str]) -> Vec<String> {
        let mut words = Vec::new();
        if let Some((user, group)) = self.owner {
            words.extend(["setpriv".to_owned(), "--clear-groups".to_owned()]);
            words.extend([format!("--reuid={user}"), format!("--regid={group}")]);
        }
        words.push(format!("{VERSIONS}/{}/bin/{program}", self.version));
        words.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        words
    }

    pub(super) fn command(&self, program: &str) -> Command {
        let words = self.words(program, &[]);
        let mut command = Command::new(&words[0]);
        // A folder that another user may not see would be complained about.
        command.args(&words[1..]).current_dir("/");
        command
    }

    /// Makes it the owner of a file or folder.
    pub(super) fn give(&self, path: &Path) -> io::Result<()> {
        match self.owner {
            Some((user, group)) => chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    pub(super) fn has_extension(&self, name: &str) -> bool {
        let version = self.version;
        Path::new(&format!(
            "/usr/share/postgresql/{version}/extension/{name}.control"
        ))
        .exists()
    }

    /// Makes a data folder with an empty database.
    pub(super) fn copy_template(&self, data: &Path) -> io::Result<()> {
        let template = self.template()?;
        run(Command::new("cp")
            .args(["--archive", "--reflink=auto"])
            .args([&template, data]))
    }

    /// The one to copy; whoever comes first makes it while the others wait.
    fn template(&self) -> io::Result<PathBuf> {
        let base = base()?;
        let template = base.join(format!("postgres-{}", self.version));
        let lock = fs::File::create(base.join("lock"))?;
        lock.lock()?;
        if !template.exists() {
            let draft = base.join("draft");
            if draft.exists() {
                fs::remove_dir_all(&draft)?;
            }
            self.make(&draft)?;
            fs::rename(&draft, &template)?;
        }
        Ok(template)
    }

    fn make(&self, data: &Path) -> io::Result<()> {
        fs::create_dir(data)?;
        self.give(data)?;
        let place = data.display().to_string();
        run(self.command("initdb").args([
            "--pgdata",
            &place,
            "--username=natter",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            // What is copied for each should be little.
            "--wal-segsize=4",
            "--no-sync",
        ]))?;
        self.name_database(&place)?;
        let settings = data.join("postgresql.conf");
        let mut text = fs::read_to_string(&settings)?;
        text.push_str(&format!("\ninclude_if_exists = '{INCLUDED}'\n"));
        fs::write(&settings, text)
    }

    /// The database that comes with every installation gets the name that ours should have, and the spare one goes.
    fn name_database(&self, data: &str) -> io::Result<()> {
        let script = "ALTER DATABASE postgres RENAME TO natter;
ALTER DATABASE template0 IS_TEMPLATE false;
DROP DATABASE template0;
";
        let input = Path::new(data).join("script");
        fs::write(&input, script)?;
        let mut single = self.command("postgres");
        single.args(["--single", "-F", "-D", data, "template1"]);
        run(single.stdin(fs::File::open(&input)?))?;
        fs::remove_file(input)
    }
}

/// The folder for templates; others may look into it but not write.
fn base() -> io::Result<PathBuf> {
    let user = geteuid().as_raw();
    let base = env::temp_dir().join(format!("natter-templates-{user}"));
    match fs::DirBuilder::new().mode(0o755).create(&base) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(&base)?;
    if found.is_dir() && found.uid() == user {
        Ok(base)
    } else {
        Err(io::Error::other(format!("{} is someone else's", base.display())))
    }
}

/// The number of the user that came with the package, and of its group.
fn owner() -> io::Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&USER))
        .and_then(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))
        .ok_or_else(|| io::Error::other(format!("there is no user {USER} to run PostgreSQL as")))
}
