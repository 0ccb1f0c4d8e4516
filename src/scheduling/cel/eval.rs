//! Evaluating an expression.

use std::sync::Arc;

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};

use super::limits::Work;
use super::value::{Outcome, Value, fail, no_overload};
use super::{CelError, foreign, functions, operators as ops};

/// Variables that are bound, the innermost last. One may hold an error, which `||` and `&&` may yet make good.
#[derive(Debug)]
pub(super) struct Scope {
    variables: Vec<(Arc<str>, Outcome)>,
    work: Work,
}

/// The value of `expression` with `device` bound.
pub(super) fn run(expression: &IdedExpr, device: Value) -> Outcome {
    let mut scope = Scope {
        variables: vec![("device".into(), Ok(device))],
        work: Work::new(),
    };
    let result = scope.eval(expression);
    if scope.work.is_done() {
        // Told even where `||` or a macro passed over it.
        scope.work.spend(1)?;
    }
    result
}

/// The types that expressions can name.
pub(super) const TYPES: [&str; 11] = [
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "optional_type",
];

/// Names before a function's, such as `sets` in `sets.contains`.
pub(super) const NAMESPACES: [&str; 5] = ["optional", "cel", "sets", "lists", "ip"];

impl Scope {
    pub(super) fn eval(&mut self, of: &IdedExpr) -> Outcome {
        self.work.spend(1)?;
        match &of.expr {
            Expr::Literal(literal) => Ok(constant(literal)),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(select) => {
                if let Some(dotted) = self.qualified(of) {
                    return dotted;
                }
                let operand = self.eval(&select.operand)?;
                let key = Value::string(&select.field);
                if select.test {
                    return Ok(Value::Bool(has(&operand, &key)));
                }
                field(&operand, &key)
            }
            Expr::List(list) => {
                let mut values = Vec::with_capacity(list.elements.len());
                for (at, element) in list.elements.iter().enumerate() {
                    match (self.eval(element)?, list.optional_indices.contains(&at)) {
                        (Value::Optional(value), true) => values.extend(value.map(|value| (*value).clone())),
                        (value, _) => values.push(value),
                    }
                }
                self.work.look_through(&values)?;
                Ok(Value::list(values))
            }
            Expr::Map(map) => {
                let mut entries: Vec<(Value, Value)> = Vec::with_capacity(map.entries.len());
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else {
                        return Err(no_overload());
                    };
                    let key = self.eval(&entry.key)?;
                    match (self.eval(&entry.value)?, entry.optional) {
                        (Value::Optional(Some(value)), true) => entries.push((key, (*value).clone())),
                        (Value::Optional(None), true) => {}
                        (value, _) => entries.push((key, value)),
                    }
                }
                let map = Value::map(entries);
                self.work.look_through(std::slice::from_ref(&map))?;
                Ok(map)
            }
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Struct(_) | Expr::Unspecified => Err(no_overload()),
        }
    }

    fn variable(&self, name: &str) -> Outcome {
        if let Some((_, value)) = self.variables.iter().rev().find(|(have, _)| **have == *name) {
            return value.clone();
        }
        if TYPES.contains(&name) {
            return Ok(Value::Type(name.into()));
        }
        fail(format!("no such attribute(s): {name}"))
    }

    /// The type of a dotted name, such as `google.protobuf.Duration`.
    fn qualified(&self, of: &IdedExpr) -> Option<Outcome> {
        let name = super::types::dotted(of)?;
        let first = name.split('.').next()?;
        let bound = self.variables.iter().any(|(have, _)| **have == *first);
        (!bound && super::types::is_type(&name)).then(|| Ok(Value::Type(name.into())))
    }

    fn with<T>(&mut self, name: &str, value: Outcome, then: impl FnOnce(&mut Self) -> T) -> T {
        self.variables.push((name.into(), value));
        let result = then(self);
        self.variables.pop();
        result
    }

    fn call(&mut self, call: &CallExpr) -> Outcome {
        let name = call.func_name.as_str();
        match (name, &call.target, call.args.as_slice()) {
            (operators::LOGICAL_AND, None, [a, b]) => self.logic(a, b, false),
            (operators::LOGICAL_OR, None, [a, b]) => self.logic(a, b, true),
            (operators::CONDITIONAL, None, [condition, yes, no]) => match self.eval(condition)? {
                Value::Bool(true) => self.eval(yes),
                Value::Bool(false) => self.eval(no),
                _ => Err(no_overload()),
            },
            (operators::NOT_STRICTLY_FALSE, None, [of]) => {
                Ok(Value::Bool(!matches!(self.eval(of), Ok(Value::Bool(false)))))
            }
            (operators::INDEX, None, [operand, key]) => {
                let operand = self.eval(operand)?;
                let key = self.eval(key)?;
                field(&operand, &key)
            }
            (operators::OPT_SELECT | operators::OPT_INDEX, None, [operand, key]) => {
                let operand = self.eval(operand)?;
                let key = self.eval(key)?;
                optional_field(&operand, &key)
            }
            ("bind", Some(target), [variable, value, body]) if is_named(target, "cel") => {
                let Expr::Ident(variable) = &variable.expr else {
                    return Err(no_overload());
                };
                let value = self.eval(value);
                self.with(variable, value, |scope| scope.eval(body))
            }
            ("optMap" | "optFlatMap", Some(target), [variable, body]) => {
                let (Value::Optional(value), Expr::Ident(variable)) = (self.eval(target)?, &variable.expr)
                else {
                    return Err(no_overload());
                };
                let Some(value) = value else {
                    return Ok(Value::Optional(None));
                };
                let mapped = self.with(variable, Ok((*value).clone()), |scope| scope.eval(body))?;
                Ok(if name == "optMap" {
                    Value::some(mapped)
                } else {
                    mapped
                })
            }
            ("or" | "orValue", Some(target), [other]) => match self.eval(target)? {
                Value::Optional(Some(value)) if name == "orValue" => Ok((*value).clone()),
                Value::Optional(Some(value)) => Ok(Value::Optional(Some(value))),
                Value::Optional(None) => self.eval(other),
                _ => Err(no_overload()),
            },
            _ => self.function(call),
        }
    }

    fn function(&mut self, call: &CallExpr) -> Outcome {
        let namespace = call.target.as_deref().and_then(|target| match &target.expr {
            Expr::Ident(name) if NAMESPACES.contains(&name.as_str()) => Some(name.as_str()),
            _ => None,
        });
        let mut arguments = Vec::with_capacity(call.args.len() + 1);
        if let (Some(target), None) = (&call.target, namespace) {
            arguments.push(self.eval(target)?);
        }
        for argument in &call.args {
            arguments.push(self.eval(argument)?);
        }
        let method = call.target.is_some() && namespace.is_none();
        let name = match namespace {
            Some(namespace) => format!("{namespace}.{}", call.func_name),
            None => call.func_name.clone(),
        };
        self.work.look_through(&arguments)?;
        self.work.foresee(&name, &arguments)?;
        let result = ops::operator(&name, &arguments)
            .or_else(|| functions::call(&name, method, &arguments))
            .unwrap_or_else(|| foreign::call(call, namespace, &arguments))?;
        self.work.look_through(std::slice::from_ref(&result))?;
        Ok(result)
    }

    /// `&&` and `||`: an error on one side does not count where the other side decides.
    fn logic(&mut self, a: &IdedExpr, b: &IdedExpr, decides: bool) -> Outcome {
        let mut first = None;
        for side in [a, b] {
            match self.eval(side) {
                Ok(Value::Bool(value)) if value == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => {
                    first.get_or_insert(no_overload());
                }
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        first.map_or(Ok(Value::Bool(!decides)), Err)
    }

    fn comprehension(&mut self, of: &ComprehensionExpr) -> Outcome {
        let (items, keyed): (Vec<(Value, Value)>, bool) = match self.eval(&of.iter_range)? {
            Value::List(items) => {
                let numbered = items.iter().enumerate();
                let items = numbered.map(|(at, item)| (Value::Int(at as i64), item.clone()));
                (items.collect(), of.iter_var2.is_some())
            }
            Value::Map(map) => (map.entries.clone(), true),
            _ => return Err(no_overload()),
        };
        let mut result = self.eval(&of.accu_init);
        for (key, item) in items {
            let first = if keyed { key } else { item.clone() };
            let step = self.with(&of.accu_var, result.clone(), |scope| {
                scope.with(&of.iter_var, Ok(first), |scope| {
                    let second = of.iter_var2.as_deref().unwrap_or("");
                    scope.with(second, Ok(item), |scope| match scope.eval(&of.loop_cond) {
                        Ok(Value::Bool(false)) => None,
                        _ => Some(scope.eval(&of.loop_step)),
                    })
                })
            });
            match step {
                Some(step) => result = step,
                None => break,
            }
        }
        self.with(&of.accu_var, result, |scope| scope.eval(&of.result))
    }
}

fn is_named(of: &IdedExpr, name: &str) -> bool {
    matches!(&of.expr, Expr::Ident(have) if have == name)
}

fn constant(literal: &LiteralValue) -> Value {
    match literal {
        LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
        LiteralValue::Bytes(value) => Value::Bytes(value.inner().into()),
        LiteralValue::Double(value) => Value::Double(*value.inner()),
        LiteralValue::Int(value) => Value::Int(*value.inner()),
        LiteralValue::Null => Value::Null,
        LiteralValue::String(value) => Value::string(value.inner()),
        LiteralValue::UInt(value) => Value::Uint(*value.inner()),
    }
}

fn has(operand: &Value, key: &Value) -> bool {
    match operand {
        Value::Map(map) => map.find(key).is_some(),
        Value::Optional(Some(value)) => has(value, key),
        _ => false,
    }
}

fn missing(key: &Value) -> CelError {
    CelError(format!("no such key: {}", key.shown()))
}

/// `operand.key` or `operand[key]`.
fn field(operand: &Value, key: &Value) -> Outcome {
    match operand {
        Value::Map(map) => map.find(key).cloned().ok_or_else(|| missing(key)),
        Value::List(items) => {
            let at = match key {
                Value::Int(at) => *at,
                Value::Uint(at) => i64::try_from(*at).unwrap_or(i64::MAX),
                Value::Double(at) if at.fract() == 0.0 => *at as i64,
                other => return fail(format!("unsupported index type '{}' in list", other.type_name())),
            };
            let item = usize::try_from(at).ok().and_then(|at| items.get(at));
            item.cloned()
                .ok_or_else(|| CelError(format!("index out of bounds: {at}")))
        }
        Value::Optional(Some(value)) => field(value, key).map(Value::some),
        Value::Optional(None) => Ok(Value::Optional(None)),
        _ => Err(missing(key)),
    }
}

/// `operand.?key` or `operand[?key]`.
fn optional_field(operand: &Value, key: &Value) -> Outcome {
    match operand {
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(value)) => optional_field(value, key),
        Value::Map(map) => Ok(Value::Optional(map.find(key).cloned().map(Arc::new))),
        Value::List(_) => Ok(field(operand, key).map_or(Value::Optional(None), Value::some)),
        _ => Err(missing(key)),
    }
}
