//! No circle between files: which file uses what another one defines, and whether a loop comes of it.
//!
//! Every Rust file of a crate's `src` is a node. A file has an arrow to another one if it names
//! something that the other one defines: in a `use`, or by a path in its code. A name that is handed
//! on by `pub use` counts for the file that defines it. Parent and child modules count as any other
//! pair: a parent may name its children, so a child may name nothing of its parent. Code under
//! `#[cfg(test)]` is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

use super::{expect_none, rust_files};

/// A module's path in its crate, such as `["camera", "ring"]`; the crate's root is empty.
type ModulePath = Vec<String>;

/// One module of a crate: a file, or a `mod name { … }` in one.
#[derive(Default)]
struct Module {
    file: PathBuf,
    /// Names of the items that it defines.
    defined: BTreeSet<String>,
    /// Names that `use` brings into it, and the paths behind them.
    used: BTreeMap<String, Vec<String>>,
    /// Paths of `use …::*`.
    globs: Vec<Vec<String>>,
    /// Every path of its code with two segments or more, and every path of a `use`: two of them may
    /// bring in the same name, each in a function of its own.
    paths: BTreeSet<Vec<String>>,
    /// Modules under it that are for tests only.
    tests: BTreeSet<String>,
}

/// A crate's modules by path.
type Crate = BTreeMap<ModulePath, Module>;

/// A file and a file whose definitions it names, with those names.
type Arrows = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

#[test]
fn no_file_is_part_of_a_circle() {
    let (mut files, mut arrows) = (0, Arrows::new());
    for (source, krate) in crates() {
        files += krate.values().map(|module| &module.file).collect::<BTreeSet<_>>().len();
        let has_root = krate.contains_key(&ModulePath::new());
        assert!(has_root, "{}: without a lib.rs no path of it can be followed", source.display());
        add_arrows(&krate, &mut arrows);
    }
    let imports: usize = arrows.values().map(BTreeMap::len).sum();
    let faults: Vec<String> = circles(&arrows).iter().map(|it| describe(it, &arrows)).collect();
    super::show(&format!(
        "tidy: {} circle(s) between files; {files} files and {imports} imports judged",
        faults.len()
    ));
    assert!(files > 300 && imports > 500, "{files} files, {imports} imports: the code has moved");
    expect_none(&faults, "files must not import each other in a loop, parent and child included");
}

/// Adds a crate's arrows to `arrows`.
fn add_arrows(krate: &Crate, arrows: &mut Arrows) {
    for (path, module) in krate {
        for named in module.used.values().chain(&module.globs).chain(&module.paths) {
            let Some((target, name)) = definition(krate, path, named, 0) else { continue };
            if target != module.file {
                let from = arrows.entry(module.file.clone()).or_default();
                from.entry(target).or_default().insert(name);
            }
        }
    }
}

/// Every crate of the workspace, by the folder of its sources.
fn crates() -> BTreeMap<PathBuf, Crate> {
    let sources = rust_files().into_iter().filter(|(path, _)| path.iter().any(|it| it == "src"));
    let mut by_crate: BTreeMap<PathBuf, Vec<(ModulePath, PathBuf, String)>> = BTreeMap::new();
    for (path, text) in sources {
        let source: PathBuf = path.iter().take_while(|it| *it != "src").collect();
        let inside = path.strip_prefix(source.join("src")).unwrap_or(&path).to_path_buf();
        by_crate.entry(source).or_default().push((module_path(&inside), path, text));
    }
    by_crate.into_iter().map(|(source, files)| (source, parsed(files))).collect()
}

/// `camera/ring.rs` and `camera/ring/mod.rs` are `camera::ring`; `lib.rs` is the root. `main.rs` is no
/// part of the library, so it has a path of its own.
fn module_path(inside: &Path) -> ModulePath {
    let mut path: ModulePath =
        inside.with_extension("").iter().map(|it| it.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|it| it == "mod") || matches!(path.as_slice(), [it] if it == "lib") {
        path.pop();
    }
    path
}

/// The modules of a crate's files, without those for tests.
fn parsed(files: Vec<(ModulePath, PathBuf, String)>) -> Crate {
    let mut krate = Crate::new();
    for (path, file, text) in files {
        let parsed = syn::parse_file(&text)
            .unwrap_or_else(|error| panic!("{}: no Rust: {error}", file.display()));
        collect(&mut krate, path, &file, &parsed.items);
    }
    let tests: Vec<ModulePath> = krate
        .iter()
        .flat_map(|(path, module)| {
            module.tests.iter().map(|name| path.iter().chain([name]).cloned().collect())
        })
        .collect();
    krate.retain(|path, _| !tests.iter().any(|test: &ModulePath| path.starts_with(test)));
    krate
}

fn collect(krate: &mut Crate, path: ModulePath, file: &Path, items: &[syn::Item]) {
    let mut module = Module { file: file.to_path_buf(), ..Module::default() };
    for item in items {
        let (name, attributes) = head(item);
        let is_test = attributes.iter().any(is_for_tests);
        match item {
            syn::Item::Mod(inner) if is_test => {
                module.tests.insert(inner.ident.to_string());
            }
            _ if is_test => {}
            syn::Item::Mod(inner) => {
                if let Some((_, items)) = &inner.content {
                    let path = path.iter().cloned().chain([inner.ident.to_string()]).collect();
                    collect(krate, path, file, items);
                }
            }
            syn::Item::Use(import) => bind(&mut module, &import.tree, &mut Vec::new()),
            _ => {
                module.defined.extend(name);
                Paths(&mut module).visit_item(item);
            }
        }
    }
    krate.insert(path, module);
}

/// An item's name, if others can name it, and its attributes.
fn head(item: &syn::Item) -> (Option<String>, &[syn::Attribute]) {
    match item {
        syn::Item::Const(it) => (Some(it.ident.to_string()), &it.attrs),
        syn::Item::Enum(it) => (Some(it.ident.to_string()), &it.attrs),
        syn::Item::Fn(it) => (Some(it.sig.ident.to_string()), &it.attrs),
        syn::Item::Impl(it) => (None, &it.attrs),
        syn::Item::Macro(it) => (it.ident.as_ref().map(ToString::to_string), &it.attrs),
        syn::Item::Mod(it) => (None, &it.attrs),
        syn::Item::Static(it) => (Some(it.ident.to_string()), &it.attrs),
        syn::Item::Struct(it) => (Some(it.ident.to_string()), &it.attrs),
        syn::Item::Trait(it) => (Some(it.ident.to_string()), &it.attrs),
        syn::Item::Type(it) => (Some(it.ident.to_string()), &it.attrs),
        syn::Item::Union(it) => (Some(it.ident.to_string()), &it.attrs),
        syn::Item::Use(it) => (None, &it.attrs),
        _ => (None, &[]),
    }
}

fn is_for_tests(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
}

/// Takes one tree of a `use` into `module`; `path` is what stands before it.
fn bind(module: &mut Module, tree: &syn::UseTree, path: &mut Vec<String>) {
    match tree {
        syn::UseTree::Path(it) => {
            path.push(it.ident.to_string());
            bind(module, &it.tree, path);
            path.pop();
        }
        syn::UseTree::Group(it) => it.items.iter().for_each(|tree| bind(module, tree, path)),
        syn::UseTree::Glob(_) => module.globs.push(path.clone()),
        syn::UseTree::Name(it) if it.ident == "self" => {
            module.used.insert(path.last().cloned().unwrap_or_default(), path.clone());
        }
        syn::UseTree::Name(it) => {
            let full: Vec<String> = path.iter().cloned().chain([it.ident.to_string()]).collect();
            module.paths.insert(full.clone());
            module.used.insert(it.ident.to_string(), full);
        }
        syn::UseTree::Rename(it) => {
            let named = (it.ident != "self").then(|| it.ident.to_string());
            // Two traits may both be bound to `_`, so what is bound carries its own name too.
            let bound = format!("{} as {}", it.ident, it.rename);
            let full: Vec<String> = path.iter().cloned().chain(named).collect();
            let key = if it.rename == "_" { bound } else { it.rename.to_string() };
            module.paths.insert(full.clone());
            module.used.insert(key, full);
        }
    }
}

/// Every path of an item's code with two segments or more.
struct Paths<'a>(&'a mut Module);

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            self.0.paths.insert(path.segments.iter().map(|it| it.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        bind(self.0, &import.tree, &mut Vec::new());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        // Arguments of most macros are expressions; what does not parse as such holds no path we know.
        type Arguments = syn::punctuated::Punctuated<syn::Expr, syn::Token![,]>;
        if let Ok(arguments) = call.parse_body_with(Arguments::parse_terminated) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
        syn::visit::visit_macro(self, call);
    }
}

/// The file that defines what `named` means in the module at `from`, and the name it has there.
/// None for what is of another crate, of the language, or for tests.
fn definition(
    krate: &Crate,
    from: &ModulePath,
    named: &[String],
    depth: usize,
) -> Option<(PathBuf, String)> {
    const DEEPEST: usize = 16; // re-exports behind each other; a loop of them is no Rust
    if depth > DEEPEST {
        return None;
    }
    let (mut at, mut rest) = start(krate, from, named)?;
    while let Some((name, behind)) = rest.split_first() {
        let child: ModulePath = at.iter().chain([name]).cloned().collect();
        let module = krate.get(&at)?;
        if krate.contains_key(&child) {
            (at, rest) = (child, behind);
        } else if module.defined.contains(name) {
            return Some((module.file.clone(), name.clone()));
        } else if let Some(target) = module.used.get(name) {
            let through: Vec<String> = target.iter().chain(behind).cloned().collect();
            return (through != named || at != *from)
                .then(|| definition(krate, &at, &through, depth + 1))?;
        } else {
            let through = |glob: &Vec<String>| {
                let path: Vec<String> = glob.iter().chain(rest).cloned().collect();
                definition(krate, &at, &path, depth + 1)
            };
            return module.globs.iter().find_map(through);
        }
    }
    let module = krate.get(&at)?;
    Some((module.file.clone(), at.last().cloned().unwrap_or_else(|| "crate".to_owned())))
}

/// Where a path begins: the module, and what is left to look up there.
fn start<'a>(
    krate: &Crate,
    from: &ModulePath,
    named: &'a [String],
) -> Option<(ModulePath, &'a [String])> {
    let (first, rest) = named.split_first()?;
    match first.as_str() {
        "crate" => Some((ModulePath::new(), rest)),
        "self" => Some((from.clone(), rest)),
        "super" => {
            let ups = named.iter().take_while(|it| *it == "super").count();
            let kept = from.len().checked_sub(ups)?;
            Some((from.get(..kept)?.to_vec(), named.get(ups..)?))
        }
        "Self" | "std" | "core" | "alloc" => None,
        name => {
            let module = krate.get(from)?;
            let child: ModulePath = from.iter().cloned().chain([name.to_owned()]).collect();
            let is_known = krate.contains_key(&child)
                || module.defined.contains(name)
                || module.used.get(name).is_some_and(|target| target.first() != Some(first));
            is_known.then(|| (from.clone(), named))
        }
    }
}

/// The groups of files that reach each other.
fn circles(arrows: &Arrows) -> Vec<BTreeSet<PathBuf>> {
    let reached: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> =
        arrows.keys().map(|file| (file, reachable(file, arrows))).collect();
    let mut found: BTreeSet<BTreeSet<PathBuf>> = BTreeSet::new();
    for (file, theirs) in &reached {
        let back = |other: &&&PathBuf| reached.get(**other).is_some_and(|it| it.contains(*file));
        let circle: BTreeSet<PathBuf> =
            theirs.iter().filter(back).map(|other| (*other).clone()).collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn reachable<'a>(file: &'a PathBuf, arrows: &'a Arrows) -> BTreeSet<&'a PathBuf> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(next) = open.pop() {
        for target in arrows.get(next).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(target) {
                open.push(target);
            }
        }
    }
    reached
}

fn describe(circle: &BTreeSet<PathBuf>, arrows: &Arrows) -> String {
    let mut text = format!("{} files:", circle.len());
    for file in circle {
        for (target, names) in arrows.get(file).into_iter().flatten() {
            if circle.contains(target) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                write!(
                    text,
                    "\n    {} -> {}: {}",
                    file.display(),
                    target.display(),
                    names.join(", ")
                )
                .expect("a String takes all");
            }
        }
    }
    text
}

#[test]
fn a_child_that_names_its_parent_is_found() {
    let file = |path: &[&str], file: &str, text: &str| {
        let path = path.iter().map(|it| (*it).to_owned()).collect();
        (path, PathBuf::from(file), text.to_owned())
    };
    let parent = "mod child; mod sibling; pub use child::Child; pub struct Parent;";
    let names = |child: &str| {
        let files = vec![
            file(&[], "lib.rs", "mod parent; pub use parent::Child;"),
            file(&["parent"], "parent.rs", parent),
            file(&["parent", "child"], "child.rs", child),
            file(&["parent", "sibling"], "sibling.rs", "pub struct Sibling;"),
        ];
        let krate = parsed(files);
        let mut arrows = Arrows::new();
        add_arrows(&krate, &mut arrows);
        circles(&arrows).len()
    };
    assert_eq!(names("use super::sibling::Sibling; pub struct Child(Sibling);"), 0);
    assert_eq!(names("use super::Parent; pub struct Child(Parent);"), 1);
    assert_eq!(names("pub struct Child(super::Parent);"), 1, "a path in the code");
    assert_eq!(names("pub struct Child; #[cfg(test)] mod tests { use super::super::Parent; }"), 0);
    assert_eq!(names("use crate::Child as Own; pub struct Child;"), 0, "handed back by the root");
    let twice =
        "pub struct Child; fn a() { use super::Parent as P; } fn b() { use std::fmt as P; }";
    assert_eq!(names(twice), 1, "the same name stands for two things");
}
