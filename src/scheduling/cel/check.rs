//! What can be said of an expression before it is evaluated: names that there are not, operators on types that they do
//! not have, a result that is not true or false.

use std::collections::HashMap;

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators as names,
};

use super::eval::{NAMESPACES, TYPES};
use super::types::{BOOL, INT, QUANTITY, STRING, Type, dotted, is_function, is_type, overloads};
use super::{CelError, functions, place, strings};

/// Checks `expression`, which was read from `text`.
pub(super) fn check(text: &str, expression: &IdedExpr, shares: bool) -> Result<(), CelError> {
    let mut checker = Checker {
        text,
        shares,
        seen: HashMap::new(),
        scope: vec![("device".to_owned(), Type::Device)],
        errors: Vec::new(),
        constant: None,
    };
    let found = checker.infer(expression);
    if !checker.errors.is_empty() {
        return Err(CelError(format!(
            "compilation failed: {}",
            checker.errors.join("\n")
        )));
    }
    if !found.meets(&BOOL) {
        return Err(CelError(format!(
            "must evaluate to bool or the unknown type, not {found}"
        )));
    }
    match checker.constant {
        Some(text) => Err(CelError(format!("program instantiation failed: {text}"))),
        None => Ok(()),
    }
}

struct Checker<'t> {
    text: &'t str,
    shares: bool,
    /// How many tokens of each kind came before.
    seen: HashMap<String, usize>,
    scope: Vec<(String, Type)>,
    errors: Vec<String>,
    /// What is wrong with a constant that is worked out beforehand.
    constant: Option<String>,
}

impl Checker<'_> {
    /// Counts a token of `kind`.
    fn pass(&mut self, kind: &str) -> usize {
        let count = self.seen.entry(kind.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    fn error(&mut self, kind: &str, nth: usize, message: &str) -> Type {
        let at = place::find(self.text, kind, nth);
        self.errors.push(place::told(self.text, at, message));
        Type::Dyn
    }

    fn infer(&mut self, of: &IdedExpr) -> Type {
        match &of.expr {
            Expr::Literal(literal) => {
                if !matches!(literal, LiteralValue::Boolean(_) | LiteralValue::Null) {
                    self.pass(place::LITERAL);
                }
                of_literal(literal)
            }
            Expr::Ident(name) => self.ident(name),
            Expr::Select(select) => {
                if dotted(of).is_some_and(|name| is_type(&name)) {
                    return Type::Named("type");
                }
                let operand = self.infer(&select.operand);
                let kind = format!(".{}", select.field);
                let nth = self.pass(&kind);
                let found = self.field(operand, &select.field, (&kind, nth));
                if select.test { BOOL } else { found }
            }
            Expr::List(list) => {
                self.pass("[");
                let mut of: Option<Type> = None;
                for element in &list.elements {
                    let nth = self.seen.get(place::LITERAL).copied().unwrap_or(0);
                    let found = self.infer(element);
                    let text = |have: &Type| format!("expected type '{have}' but found '{found}'");
                    of = Some(match of {
                        Some(have) if have == found => have,
                        Some(have) if !have.meets(&found) => self.error(place::LITERAL, nth, &text(&have)),
                        Some(_) => Type::Dyn,
                        None => found,
                    });
                }
                Type::List(Box::new(of.unwrap_or(Type::Dyn)))
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.infer(&entry.key);
                        self.infer(&entry.value);
                    }
                }
                Type::Map(Box::new(Type::Dyn), Box::new(Type::Dyn))
            }
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Struct(_) | Expr::Unspecified => Type::Dyn,
        }
    }

    fn ident(&mut self, name: &str) -> Type {
        if name.starts_with('@') {
            return self
                .scope
                .iter()
                .rev()
                .find(|(have, _)| have == name)
                .map_or(Type::Dyn, |(_, of)| of.clone());
        }
        let nth = self.pass(name);
        if let Some((_, of)) = self.scope.iter().rev().find(|(have, _)| have == name) {
            return of.clone();
        }
        if TYPES.contains(&name) {
            return Type::Named("type");
        }
        self.error(
            name,
            nth,
            &format!("undeclared reference to '{name}' (in container '')"),
        )
    }

    fn field(&mut self, operand: Type, field: &str, (kind, nth): (&str, usize)) -> Type {
        let map = |value: Type| {
            Type::Map(
                Box::new(STRING),
                Box::new(Type::Map(Box::new(STRING), Box::new(value))),
            )
        };
        match operand {
            Type::Device => match field {
                "driver" => STRING,
                "attributes" => map(Type::Dyn),
                "capacity" => map(QUANTITY),
                "allowMultipleAllocations" if self.shares => BOOL,
                _ => self.error(kind, nth, &format!("undefined field '{field}'")),
            },
            Type::Map(_, value) => *value,
            Type::Optional(of) => Type::Optional(Box::new(self.field(*of, field, (kind, nth)))),
            Type::Dyn => Type::Dyn,
            other => self.error(
                kind,
                nth,
                &format!("type '{other}' does not support field selection"),
            ),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Type {
        let name = call.func_name.as_str();
        match (name, &call.target, call.args.as_slice()) {
            (names::LOGICAL_AND | names::LOGICAL_OR, None, [a, b]) => {
                let token = if name == names::LOGICAL_AND { "&&" } else { "||" };
                let a = self.infer(a);
                let nth = self.pass(token);
                let b = self.infer(b);
                if a.meets(&BOOL) && b.meets(&BOOL) {
                    BOOL
                } else {
                    self.mismatch(token, nth, name, &[a, b])
                }
            }
            (names::CONDITIONAL, None, [condition, yes, no]) => {
                let condition = self.infer(condition);
                let nth = self.pass("?");
                let (yes, no) = (self.infer(yes), self.infer(no));
                if !condition.meets(&BOOL) || !yes.meets(&no) {
                    return self.mismatch("?", nth, name, &[condition, yes, no]);
                }
                if yes == no { yes } else { Type::Dyn }
            }
            (names::LOGICAL_NOT | names::NEGATE, None, [of]) => {
                let token = if name == names::NEGATE { "-" } else { "!" };
                let nth = self.pass(token);
                let of = self.infer(of);
                let holds = of == Type::Dyn
                    || if token == "!" {
                        of == BOOL
                    } else {
                        matches!(of, Type::Named("int" | "double"))
                    };
                if holds {
                    of
                } else {
                    self.mismatch(token, nth, name, &[of])
                }
            }
            (names::NOT_STRICTLY_FALSE, None, [of]) => {
                self.infer(of);
                BOOL
            }
            (names::INDEX | names::OPT_INDEX, None, [operand, key]) => {
                let operand = self.infer(operand);
                let nth = self.pass("[");
                let key = self.infer(key);
                self.index(operand, key, nth, name == names::OPT_INDEX)
            }
            (names::OPT_SELECT, None, [operand, key]) => {
                let operand = self.infer(operand);
                let field = match &key.expr {
                    Expr::Literal(LiteralValue::String(field)) => field.inner(),
                    _ => "",
                };
                let kind = format!(".{field}");
                let nth = self.pass(&kind);
                self.pass("?");
                match self.field(operand, field, (&kind, nth)) {
                    of @ Type::Optional(_) => of,
                    of => Type::Optional(Box::new(of)),
                }
            }
            (operator, None, [a, b]) if token_of(operator).is_some() => {
                let token = token_of(operator).unwrap_or_default();
                let a = self.infer(a);
                let nth = self.pass(token);
                let b = self.infer(b);
                match binary(operator, &a, &b) {
                    Some(of) => of,
                    None => self.mismatch(token, nth, operator, &[a, b]),
                }
            }
            ("bind", Some(target), [variable, value, body]) if is_named(target, "cel") => {
                self.pass("cel");
                self.bound(variable, value, body)
            }
            ("optMap" | "optFlatMap", Some(target), [variable, body]) => {
                let target = self.infer(target);
                let kind = format!("{name}(");
                let nth = self.pass(&kind);
                let of = match target {
                    Type::Optional(of) => *of,
                    Type::Dyn => Type::Dyn,
                    other => {
                        let text = |function| {
                            format!("found no matching overload for '{function}' applied to '{other}.()'")
                        };
                        self.error(&kind, nth, &text("hasValue"));
                        self.error(&kind, nth, &text("value"))
                    }
                };
                let found = self.with(variable, of, body);
                if name == "optMap" {
                    Type::Optional(Box::new(found))
                } else {
                    found
                }
            }
            _ => self.function(call),
        }
    }

    fn bound(&mut self, variable: &IdedExpr, value: &IdedExpr, body: &IdedExpr) -> Type {
        if let Expr::Ident(name) = &variable.expr {
            self.pass(name);
        }
        let of = self.infer(value);
        if let Expr::Ident(name) = &variable.expr {
            self.scope.push((name.clone(), of));
        }
        let found = self.infer(body);
        self.scope.pop();
        found
    }

    fn with(&mut self, variable: &IdedExpr, of: Type, body: &IdedExpr) -> Type {
        let Expr::Ident(name) = &variable.expr else {
            return Type::Dyn;
        };
        self.pass(name);
        self.scope.push((name.clone(), of));
        let found = self.infer(body);
        self.scope.pop();
        found
    }

    fn mismatch(&mut self, token: &str, nth: usize, function: &str, of: &[Type]) -> Type {
        let of: Vec<String> = of.iter().map(ToString::to_string).collect();
        let text = format!(
            "found no matching overload for '{function}' applied to '({})'",
            of.join(", ")
        );
        self.error(token, nth, &text)
    }

    fn index(&mut self, operand: Type, key: Type, nth: usize, optional: bool) -> Type {
        let found = match &operand {
            Type::Map(of, value) if of.meets(&key) => Some((**value).clone()),
            Type::List(of) if key.meets(&INT) => Some((**of).clone()),
            Type::Optional(of) => Some((**of).clone()),
            Type::Dyn => Some(Type::Dyn),
            _ => None,
        };
        match found {
            None => {
                let name = if optional { names::OPT_INDEX } else { names::INDEX };
                self.mismatch("[", nth, name, &[operand, key])
            }
            Some(of) if optional || matches!(operand, Type::Optional(_)) => Type::Optional(Box::new(of)),
            Some(of) => of,
        }
    }

    fn function(&mut self, call: &CallExpr) -> Type {
        let namespace = call.target.as_deref().and_then(|target| match &target.expr {
            Expr::Ident(name) if NAMESPACES.contains(&name.as_str()) => Some(name.as_str()),
            _ => None,
        });
        let target = match (&call.target, namespace) {
            (Some(target), None) => Some(self.infer(target)),
            _ => None,
        };
        let kind = format!("{}(", call.func_name);
        let nth = self.pass(&kind);
        let arguments: Vec<Type> = call.args.iter().map(|argument| self.infer(argument)).collect();
        let name = match namespace {
            Some(namespace) => format!("{namespace}.{}", call.func_name),
            None => call.func_name.clone(),
        };
        self.constant(&name, call);
        if !is_function(&name) {
            return self.error(
                &kind,
                nth,
                &format!("undeclared reference to '{name}' (in container '')"),
            );
        }
        let all = overloads(&name);
        if all.is_empty() {
            return Type::Dyn;
        }
        let matching = all.into_iter().filter(|overload| {
            let targets = match (&overload.target, &target) {
                (Some(wanted), Some(have)) => wanted.meets(have),
                (None, None) => true,
                _ => false,
            };
            targets
                && overload.arguments.len() == arguments.len()
                && overload
                    .arguments
                    .iter()
                    .zip(&arguments)
                    .all(|(wanted, have)| wanted.meets(have))
        });
        let mut results = matching.map(|overload| overload.result);
        if let Some(result) = results.next() {
            return if results.all(|other| other == result) {
                result
            } else {
                Type::Dyn
            };
        }
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let target = target
            .as_ref()
            .map(|target| format!("{target}."))
            .unwrap_or_default();
        let text = format!(
            "found no matching overload for '{name}' applied to '{target}({})'",
            arguments.join(", ")
        );
        self.error(&kind, nth, &text)
    }

    /// Conversions and patterns of constant texts are worked out before any device is looked at.
    fn constant(&mut self, name: &str, call: &CallExpr) {
        let text = |of: &IdedExpr| match &of.expr {
            Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
            _ => None,
        };
        let [argument] = call.args.as_slice() else { return };
        let Some(text) = text(argument) else { return };
        match (name, &call.target) {
            ("int" | "uint" | "double" | "bool", None) => {
                let value = super::value::Value::string(&text);
                if let Some(Err(error)) = functions::call(name, false, &[value]) {
                    self.constant.get_or_insert(error.0);
                }
            }
            ("matches", Some(_)) => {
                if let Err(error) = strings::regex(&text) {
                    self.constant.get_or_insert(error.0);
                }
            }
            _ => {}
        }
    }

    fn comprehension(&mut self, of: &ComprehensionExpr) -> Type {
        let range = self.infer(&of.iter_range);
        self.pass(&of.iter_var);
        let (first, second) = match range {
            Type::List(item) if of.iter_var2.is_some() => (INT, *item),
            Type::List(item) => (*item, Type::Dyn),
            Type::Map(key, value) => (*key, *value),
            _ => (Type::Dyn, Type::Dyn),
        };
        let lists_before = self.seen.get("[").copied();
        let accumulated = self.infer(&of.accu_init);
        let depth = self.scope.len();
        let accumulated = match accumulated {
            Type::List(_) => Type::List(Box::new(Type::Dyn)),
            other => other,
        };
        self.scope.push((of.accu_var.clone(), accumulated.clone()));
        self.scope.push((of.iter_var.clone(), first));
        if let Some(name) = &of.iter_var2 {
            self.scope.push((name.clone(), second));
        }
        // What the macro adds of its own stands nowhere in the text.
        let before = self.seen.clone();
        self.infer(&of.loop_cond);
        self.seen = before;
        if let Some(count) = lists_before {
            self.seen.insert("[".to_owned(), count);
        }
        self.infer(&of.loop_step);
        let before = self.seen.clone();
        let found = self.infer(&of.result);
        self.seen = before;
        self.scope.truncate(depth);
        found
    }
}

fn is_named(of: &IdedExpr, name: &str) -> bool {
    matches!(&of.expr, Expr::Ident(have) if have == name)
}

fn of_literal(literal: &LiteralValue) -> Type {
    match literal {
        LiteralValue::Boolean(_) => BOOL,
        LiteralValue::Bytes(_) => Type::Named("bytes"),
        LiteralValue::Double(_) => Type::Named("double"),
        LiteralValue::Int(_) => INT,
        LiteralValue::Null => Type::Named("null"),
        LiteralValue::String(_) => STRING,
        LiteralValue::UInt(_) => Type::Named("uint"),
    }
}

fn token_of(operator: &str) -> Option<&'static str> {
    Some(match operator {
        names::ADD => "+",
        names::SUBSTRACT => "-",
        names::MULTIPLY => "*",
        names::DIVIDE => "/",
        names::MODULO => "%",
        names::EQUALS => "==",
        names::NOT_EQUALS => "!=",
        names::LESS => "<",
        names::LESS_EQUALS => "<=",
        names::GREATER => ">",
        names::GREATER_EQUALS => ">=",
        names::IN => "in",
        _ => return None,
    })
}

/// The type of an operator's result; `None` where it is not for these types.
fn binary(operator: &str, a: &Type, b: &Type) -> Option<Type> {
    let any = *a == Type::Dyn || *b == Type::Dyn;
    let one = if *a == Type::Dyn { b } else { a };
    match operator {
        names::EQUALS | names::NOT_EQUALS => a.meets(b).then_some(BOOL),
        names::LESS | names::LESS_EQUALS | names::GREATER | names::GREATER_EQUALS => {
            let ordered = |of: &Type| {
                of.is_number()
                    || matches!(
                        of,
                        Type::Dyn | Type::Named("bool" | "string" | "bytes" | "duration" | "timestamp")
                    )
                    || (any && *of == Type::Named("null"))
            };
            let alike = any || a == b || (a.is_number() && b.is_number());
            (alike && ordered(a) && ordered(b)).then_some(BOOL)
        }
        names::IN => match b {
            Type::List(of) | Type::Map(of, _) => of.meets(a).then_some(BOOL),
            Type::Dyn => Some(BOOL),
            _ => None,
        },
        names::ADD => {
            let adds = one.is_number()
                || matches!(
                    one,
                    Type::Dyn | Type::List(_) | Type::Named("string" | "bytes" | "duration" | "timestamp")
                );
            let alike = a.meets(b) || matches!((a, b), (Type::Named("timestamp"), Type::Named("duration")));
            (alike && adds).then(|| {
                if any && !matches!(one, Type::List(_)) {
                    Type::Dyn
                } else {
                    one.clone()
                }
            })
        }
        names::SUBSTRACT => {
            let times = matches!(one, Type::Named("duration" | "timestamp"));
            ((a == b || any || times) && (one.is_number() || *one == Type::Dyn || times)).then_some(Type::Dyn)
        }
        _ => ((a == b || any) && (one.is_number() || *one == Type::Dyn)).then(|| one.clone()),
    }
}
