//! The languages, as far as a glance at them goes.

/// How a language is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Words, numbers, strings, comments.
    Words,
    /// Tags with attributes.
    Tags,
    /// Lines that were added and taken away.
    Lines,
}

/// How a comment begins and ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Comment {
    /// With the line.
    Line(&'static str),
    /// With the line, and only where a word could begin.
    Word(&'static str),
    /// By a sign of its own.
    Block(&'static str, &'static str),
}

/// What is known of a language.
#[derive(Debug)]
pub(in crate::markdown) struct Language {
    pub(super) style: Style,
    pub(super) comments: &'static [Comment],
    /// What strings stand in; those in backticks may go over lines.
    pub(super) quotes: &'static str,
    /// Strings over lines, without escapes.
    pub(super) long_quotes: &'static [&'static str],
    /// Separated by spaces.
    keywords: &'static str,
    /// Keywords may be written in capitals.
    any_case: bool,
    /// What words have in them besides letters, digits and `_`.
    extra: &'static str,
    /// What stands after the name of a value; there are no functions then.
    pub(super) key: Option<char>,
    /// Words that begin with a capital are types.
    pub(super) has_types: bool,
    pub(super) has_lifetimes: bool,
    pub(super) has_macros: bool,
}

const PLAIN: Language = Language {
    style: Style::Words,
    comments: &[],
    quotes: "\"'",
    long_quotes: &[],
    keywords: "",
    any_case: false,
    extra: "",
    key: None,
    has_types: false,
    has_lifetimes: false,
    has_macros: false,
};
const C_COMMENTS: &[Comment] = &[Comment::Line("//"), Comment::Block("/*", "*/")];
const CURLY: Language = Language {
    comments: C_COMMENTS,
    has_types: true,
    ..PLAIN
};
const HASHED: Language = Language {
    comments: &[Comment::Word("#")],
    ..PLAIN
};

const RUST: Language = Language {
    keywords: "as async await bool break char const continue crate dyn else enum extern f32 f64 false fn for i128 i16 \
        i32 i64 i8 if impl in isize let loop match mod move mut pub ref return self Self static str struct super trait \
        true type u128 u16 u32 u64 u8 union unsafe use usize where while",
    has_lifetimes: true,
    has_macros: true,
    ..CURLY
};
const C: Language = Language {
    comments: &[
        Comment::Line("//"),
        Comment::Block("/*", "*/"),
        Comment::Word("#"),
    ],
    keywords: "alignas auto bool break case catch char class co_await co_return co_yield concept const constexpr \
        continue default delete do double else enum explicit extern false final float for friend goto if inline int \
        long namespace new noexcept nullptr NULL operator override private protected public register requires return \
        short signed sizeof static struct switch template this throw true try typedef typename union unsigned using \
        virtual void volatile while",
    ..CURLY
};
const JAVA: Language = Language {
    long_quotes: &["\"\"\""],
    keywords: "abstract as assert base boolean break byte case catch char class companion const constructor continue \
        data decimal def default delegate do double dynamic else enum event extends extern false final finally float \
        for foreach fun get goto if implements import in init inner instanceof int interface internal is it lateinit \
        lazy lock long match namespace native new null object open operator out override package params partial \
        private protected public readonly record ref return sealed set short static string struct super suspend \
        switch synchronized this throw throws trait transient true try type typeof uint using val var virtual void \
        volatile when where while with yield",
    ..CURLY
};
const SCRIPT: Language = Language {
    quotes: "\"'`",
    extra: "$",
    keywords: "abstract any as async await boolean break case catch class const constructor continue debugger declare \
        default delete do else enum export extends false finally for from function get if implements import in \
        instanceof interface keyof let namespace new null number of private protected public readonly return set \
        static string super switch this throw true try type typeof undefined unknown var void while with yield",
    ..CURLY
};
const GO: Language = Language {
    quotes: "\"'`",
    keywords: "any bool break byte case chan const continue default defer else error fallthrough false float32 float64 \
        for func go goto if import int int16 int32 int64 int8 interface iota map nil package range return rune select \
        string struct switch true type uint uint16 uint32 uint64 uint8 uintptr var",
    ..CURLY
};
const SWIFT: Language = Language {
    long_quotes: &["\"\"\"", "'''"],
    keywords: "abstract actor as associatedtype async await break case catch class const continue default defer deinit \
        do dynamic else enum extends extension external factory false fileprivate final for func get guard if \
        implements import in indirect init inout int internal is late let library mixin mutating nil null on open \
        operator override part private protocol public required rethrows return self Self set some static struct super \
        switch this throw throws true try typealias typedef var void weak where while with yield",
    ..CURLY
};
const PHP: Language = Language {
    comments: &[
        Comment::Line("//"),
        Comment::Block("/*", "*/"),
        Comment::Word("#"),
    ],
    extra: "$",
    keywords: "abstract and array as break callable case catch class clone const continue declare default do echo else \
        elseif empty enum extends false final finally fn for foreach function global goto if implements include \
        instanceof interface isset list match namespace new null or print private protected public readonly require \
        require_once return self static string switch this throw trait true try unset use var void while xor yield",
    ..CURLY
};
const PYTHON: Language = Language {
    comments: &[Comment::Line("#")],
    long_quotes: &["\"\"\"", "'''"],
    keywords: "False None True and as assert async await break case class continue def del elif else except finally for \
        from global if import in is lambda match nonlocal not or pass raise return self try while with yield",
    has_types: true,
    ..PLAIN
};
const RUBY: Language = Language {
    keywords: "BEGIN END alias and attr_accessor attr_reader begin break case class def defined do else elsif end \
        ensure extend false for if in include module my next nil not or our private protected public raise redo require \
        rescue retry return self sub super then true undef unless until use when while yield",
    extra: "?@$",
    has_types: true,
    ..HASHED
};
const SHELL: Language = Language {
    keywords: "alias break case cd continue declare do done echo elif else esac eval exec exit export false fi for \
        function if in let local printf read readonly return select set shift source then trap true unset until while",
    extra: "-$",
    ..HASHED
};
const BUILD: Language = Language {
    keywords: "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN SHELL STOPSIGNAL USER VOLUME WORKDIR \
        AS define else endef endif export ifdef ifeq ifndef ifneq include location server upstream",
    extra: "-$",
    ..HASHED
};
const R: Language = Language {
    keywords: "FALSE Inf NA NULL NaN TRUE begin break do else elseif end export false for function global if import in \
        let library local macro module mutable next nothing quote repeat return struct true try using where while",
    extra: ".",
    ..HASHED
};
const SQL: Language = Language {
    comments: &[Comment::Line("--"), Comment::Block("/*", "*/")],
    keywords: "add all alter and any as asc begin between bigint boolean by case cascade check column commit conflict \
        constraint create cross current_timestamp database default delete desc distinct do drop else end exists explain \
        false foreign from full function grant group having if in index inner insert int integer into is join key left \
        like limit materialized not nothing null numeric offset on or order outer over partition primary references \
        returning right rollback row select serial set table text then timestamp to transaction trigger true union \
        unique update using values varchar view when where window with",
    any_case: true,
    ..PLAIN
};
const DASHED: Language = Language {
    comments: &[
        Comment::Block("--[[", "]]"),
        Comment::Block("{-", "-}"),
        Comment::Line("--"),
    ],
    quotes: "\"'",
    long_quotes: &[],
    keywords: "and break case class data default deriving do else elseif elsif end entity false for forall function \
        goto if import in infix instance is let local module newtype nil not of or procedure qualified repeat return \
        signal then true type until where while",
    has_types: true,
    ..PLAIN
};
const LISP: Language = Language {
    comments: &[Comment::Line(";"), Comment::Block("#|", "|#")],
    quotes: "\"",
    keywords: "and case cond def define defmacro defn defun do else fn for if lambda let let* loop nil ns or quote \
        recur require set! setq t true false unless use when",
    extra: "-*!?/<>=+",
    ..PLAIN
};
const BEAM: Language = Language {
    comments: &[Comment::Word("#"), Comment::Word("%")],
    long_quotes: &["\"\"\""],
    keywords: "after alias and begin case catch cond def defmacro defmodule defp defstruct do else end false fn fun if \
        import in nil not of or quote raise receive require rescue true try unless use when with",
    extra: "?!@",
    has_types: true,
    ..PLAIN
};
const NIX: Language = Language {
    comments: &[
        Comment::Word("#"),
        Comment::Line("//"),
        Comment::Block("/*", "*/"),
    ],
    long_quotes: &["''"],
    quotes: "\"",
    keywords: "assert data else false if import in inherit let locals module null or output provider rec resource then \
        true variable with",
    extra: "-",
    key: Some('='),
    ..PLAIN
};
const JSON: Language = Language {
    comments: C_COMMENTS,
    quotes: "\"",
    keywords: "true false null",
    key: Some(':'),
    ..PLAIN
};
const YAML: Language = Language {
    keywords: "true false null yes no on off",
    extra: "-./",
    key: Some(':'),
    ..HASHED
};
const TOML: Language = Language {
    comments: &[Comment::Word("#"), Comment::Word(";")],
    long_quotes: &["\"\"\"", "'''"],
    keywords: "true false",
    extra: "-.",
    key: Some('='),
    ..PLAIN
};
const CSS: Language = Language {
    comments: &[Comment::Block("/*", "*/"), Comment::Word("//")],
    keywords: "@media @import @supports @keyframes @font-face @layer @container @use @include @mixin",
    extra: "-@$",
    key: Some(':'),
    ..PLAIN
};
const MARKUP: Language = Language {
    style: Style::Tags,
    ..PLAIN
};
const DIFF: Language = Language {
    style: Style::Lines,
    ..PLAIN
};

/// Languages by the names that people give them in a fence, in small letters.
const NAMES: &[(&str, &Language)] = &[
    ("rust rs", &RUST),
    (
        "c h cpp c++ cc cxx hpp hxx objc glsl hlsl cuda arduino ino proto protobuf",
        &C,
    ),
    (
        "java kotlin kt scala groovy gradle cs c# csharp fsharp f# zig v",
        &JAVA,
    ),
    (
        "js javascript mjs cjs jsx ts typescript mts tsx svelte-script graphql gql solidity sol",
        &SCRIPT,
    ),
    ("go golang", &GO),
    ("swift dart", &SWIFT),
    ("php", &PHP),
    ("python py python3 gdscript starlark bzl", &PYTHON),
    ("ruby rb perl pl crystal", &RUBY),
    ("sh bash shell zsh fish console powershell ps1 pwsh", &SHELL),
    (
        "docker dockerfile make makefile mk nginx cmake just justfile",
        &BUILD,
    ),
    ("r julia jl", &R),
    ("sql sqlite postgres postgresql mysql psql plsql tsql", &SQL),
    ("lua haskell hs elm ada vhdl purescript", &DASHED),
    ("lisp clojure clj scheme scm elisp racket", &LISP),
    ("elixir ex exs erlang erl", &BEAM),
    ("nix hcl terraform tf", &NIX),
    ("json jsonc json5 jsonl ndjson", &JSON),
    ("yaml yml", &YAML),
    ("toml ini cfg conf env properties dotenv editorconfig", &TOML),
    ("css scss sass less", &CSS),
    ("html xml svg xhtml vue svelte rss plist mathml", &MARKUP),
    ("diff patch", &DIFF),
];

impl Language {
    /// The language of this name, in small letters.
    pub(in crate::markdown) fn of(name: &str) -> Option<&'static Self> {
        let known = |(names, _): &&(&str, &'static Self)| names.split(' ').any(|known| known == name);
        NAMES.iter().find(known).map(|(_, language)| *language)
    }

    pub(super) fn is_keyword(&self, word: &str) -> bool {
        let is = |keyword: &str| keyword == word || (self.any_case && keyword.eq_ignore_ascii_case(word));
        self.keywords.split_ascii_whitespace().any(is)
    }

    pub(super) fn is_word_start(&self, c: char) -> bool {
        c.is_alphabetic() || c == '_' || (self.extra.contains(c) && matches!(c, '@' | '$'))
    }

    pub(super) fn is_word(&self, c: char) -> bool {
        c.is_alphanumeric() || c == '_' || self.extra.contains(c)
    }
}
