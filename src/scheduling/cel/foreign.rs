//! Functions of the `kube-cel` crate: addresses, URLs, formats, durations.

use std::collections::HashMap;
use std::sync::Arc;

use kube_cel::KubeCelExt;
use kube_cel::cel::common::ast::{CallExpr, Expr};
use kube_cel::cel::objects::{Key, Map as ForeignMap};
use kube_cel::cel::{self, Context, IdedExpr};

use super::value::{Outcome, Value, fail, no_overload};

/// The value of `call` over `arguments`, which stand for its target, where it has one that is no namespace, and its own.
pub(super) fn call(call: &CallExpr, namespace: Option<&str>, arguments: &[Value]) -> Outcome {
    let mut context = Context::default().with_all();
    let ident = |name: String| IdedExpr {
        id: 0,
        expr: Expr::Ident(name),
    };
    let mut names = Vec::with_capacity(arguments.len());
    for (at, argument) in arguments.iter().enumerate() {
        let name = format!("argument{at}");
        let Some(value) = to_foreign(argument) else {
            return fail(format!("no such overload: {}", call.func_name));
        };
        context.add_variable_from_value(name.clone(), value);
        names.push(ident(name));
    }
    let target = match (&call.target, namespace) {
        (None, _) => None,
        (Some(_), Some(namespace)) => Some(Box::new(ident(namespace.to_owned()))),
        (Some(_), None) if names.is_empty() => None,
        (Some(_), None) => Some(Box::new(names.remove(0))),
    };
    let expression = IdedExpr {
        id: 0,
        expr: Expr::Call(CallExpr {
            func_name: call.func_name.clone(),
            target,
            args: names,
        }),
    };
    match cel::Value::resolve(&expression, &context) {
        Ok(value) => Ok(from_foreign(value)),
        Err(cel::ExecutionError::FunctionError { message, .. }) => fail(message),
        Err(_) => Err(no_overload()),
    }
}

fn to_foreign(value: &Value) -> Option<cel::Value> {
    Some(match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Int(value) => cel::Value::Int(*value),
        Value::Uint(value) => cel::Value::UInt(*value),
        Value::Double(value) => cel::Value::Float(*value),
        Value::String(text) => cel::Value::String(Arc::new(text.to_string())),
        Value::Bytes(bytes) => cel::Value::Bytes(Arc::new(bytes.to_vec())),
        Value::List(items) => {
            cel::Value::List(Arc::new(items.iter().map(to_foreign).collect::<Option<_>>()?))
        }
        Value::Map(map) => {
            let entries = map.entries.iter().map(|(key, value)| {
                let key = match key {
                    Value::Bool(key) => Key::Bool(*key),
                    Value::Int(key) => Key::Int(*key),
                    Value::Uint(key) => Key::Uint(*key),
                    Value::String(key) => Key::String(Arc::new(key.to_string())),
                    _ => return None,
                };
                Some((key, to_foreign(value)?))
            });
            cel::Value::Map(ForeignMap {
                map: Arc::new(entries.collect::<Option<HashMap<_, _>>>()?),
            })
        }
        Value::Other(value) => value.clone(),
        Value::Quantity(_) | Value::Semver(_) | Value::Optional(_) | Value::Type(_) => return None,
    })
}

fn from_foreign(value: cel::Value) -> Value {
    match value {
        cel::Value::Null => Value::Null,
        cel::Value::Bool(value) => Value::Bool(value),
        cel::Value::Int(value) => Value::Int(value),
        cel::Value::UInt(value) => Value::Uint(value),
        cel::Value::Float(value) => Value::Double(value),
        cel::Value::String(text) => Value::string(&text),
        cel::Value::Bytes(bytes) => Value::Bytes(bytes.as_slice().into()),
        cel::Value::List(items) => Value::list(items.iter().cloned().map(from_foreign).collect()),
        cel::Value::Map(map) => {
            let entries = map.map.iter().map(|(key, value)| {
                let key = match key {
                    Key::Bool(key) => Value::Bool(*key),
                    Key::Int(key) => Value::Int(*key),
                    Key::Uint(key) => Value::Uint(*key),
                    Key::String(key) => Value::string(key),
                };
                (key, from_foreign(value.clone()))
            });
            Value::map(entries.collect())
        }
        other => Value::Other(other),
    }
}
