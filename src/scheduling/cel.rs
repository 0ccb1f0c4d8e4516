//! Device selectors: CEL with Kubernetes' functions, over one device.
//!
//! The parser is that of the `cel` crate. What it gives is evaluated here, since selectors need values of their own
//! (quantities, semantic versions, attribute maps that know every domain), cel-go's rules for errors, and its words:
//! a selector that fails on a device ends the scheduling cycle with them. Functions beyond those of `functions` are
//! those of the `kube-cel` crate; what goes wrong in them is told in that crate's words.

mod check;
mod device;
mod eval;
mod foreign;
mod functions;
mod limits;
mod lists;
mod operators;
mod place;
mod quantities;
mod semver;
mod strings;
mod types;
mod value;

pub use device::DeviceValue;

use kube_cel::cel::IdedExpr;
use kube_cel::cel::parser::Parser;

use self::value::Value;

/// A selector, compiled.
#[derive(Debug)]
pub struct Program {
    expression: IdedExpr,
}

/// Why a selector gives no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CelError(pub String);

impl Program {
    /// Compiles `text`; `shares` is whether devices have `allowMultipleAllocations`.
    ///
    /// # Errors
    /// Where it is too long or too deep, is no expression, uses what there is not, or cannot be true or false.
    pub fn compile(text: &str, shares: bool) -> Result<Self, CelError> {
        let depth = limits::admit(text)?;
        let compile = || {
            let expression = parse(text)?;
            check::check(text, &expression, shares)?;
            Ok(Self { expression })
        };
        if depth <= limits::SHALLOW {
            return compile();
        }
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(limits::STACK);
            let compiled = thread
                .spawn_scoped(scope, compile)
                .map(std::thread::ScopedJoinHandle::join);
            match compiled {
                Ok(Ok(compiled)) => compiled,
                Ok(Err(_)) => Err(CelError("compilation failed: the parser broke off".to_owned())),
                Err(error) => Err(CelError(format!("compilation failed: {error}"))),
            }
        })
    }

    /// Whether `device` is selected.
    ///
    /// # Errors
    /// What keeps the expression from being true or false, in cel-go's words.
    pub fn matches(&self, device: &DeviceValue) -> Result<bool, CelError> {
        let root = device.root.clone()?;
        match eval::run(&self.expression, root)? {
            Value::Bool(answer) => Ok(answer),
            other => {
                let name = other.type_name();
                Err(CelError(format!(
                    "CEL result of type {name} could not be converted to bool: unsupported native conversion from \
                     {name} to 'bool'"
                )))
            }
        }
    }
}

fn parse(text: &str) -> Result<IdedExpr, CelError> {
    // The parser's own limit fails where it is passed; what is admitted is within every limit.
    let parser = Parser::new().max_recursion_depth(u16::MAX);
    let parsed = parser
        .enable_optional_syntax(true)
        .parse(&limits::single_signs(text));
    parsed.map_err(|errors| {
        let errors: Vec<String> = errors
            .errors
            .iter()
            .map(|error| place::syntax_error(text, error))
            .collect();
        CelError(format!("compilation failed: {}", errors.join("\n")))
    })
}
