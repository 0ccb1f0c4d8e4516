//! Selectors on one device, with the answers of kube-scheduler's own framework.

use berth::model::from_api::ResourceSliceObject;
use berth::model::from_api::object::Object;
use berth::model::intern::Interner;
use berth::scheduling::cel::{DeviceValue, Program};
use serde_json::json;

/// Expression, and what it gives: `true`, `false`, or the error.
#[rustfmt::skip]
const ANSWERS: &[(&str, &str)] = &[
    (r#"device.driver == "d.io""#, r"true"),
    (r#"device.attributes["d.io"].missing == 1"#, r"no such key: missing"),
    (r#"device.attributes["x.io"].foo"#, r"no such key: foo"),
    (r"device.driver == 1", "compilation failed: ERROR: <input>:1:15: found no matching overload for '_==_' applied to '(string, int)'\n | device.driver == 1\n | ..............^"),
    (r"foo == 1", "compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo == 1\n | ^"),
    (r"device.driver", r"must evaluate to bool or the unknown type, not string"),
    (r#"device.attributes["d.io"].s"#, r"CEL result of type string could not be converted to bool: unsupported native conversion from string to 'bool'"),
    (r#"device.attributes["d.io"].s < 5"#, r"no such overload"),
    (r#"device.attributes["d.io"].s == 5"#, r"false"),
    (r#"device.attributes["d.io"].s.foo == 1"#, r"no such key: foo"),
    (r#"device.attributes["d.io"].i + 9223372036854775807 > 0"#, r"integer overflow"),
    (r#"quantity("abc").isLessThan(quantity("1"))"#, r"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
    (r#"device.capacity["d.io"].mem.compareTo(quantity("1Gi")) == 0"#, r"true"),
    (r#"semver("x").major() == 1"#, r"No Major.Minor.Patch elements found"),
    (r#"device.attributes["d.io"].i / 0 == 1"#, r"division by zero"),
    (r#"device.attributes["d.io"].v.major() == 1"#, r"true"),
    (r#""d.io" in device.attributes"#, r"true"),
    (r#""zz" in device.attributes"#, r"false"),
    (r"has(device.attributes.zz)", r"true"),
    (r#"has(device.attributes["zz"].yy)"#, r"false"),
    (r#"device.attributes["d.io"].?missing.orValue(7) == 7"#, r"true"),
    (r#"device.attributes[?"zz"].hasValue()"#, r"true"),
    (r#"device.attributes["d.io"][?"missing"].orValue(3) == 3"#, r"true"),
    (r#"cel.bind(a, device.attributes["d.io"], a.i == 5)"#, r"true"),
    (r#"device.attributes["d.io"].s.matches("^h")"#, r"true"),
    (r"[1,2][5] == 1", r"index out of bounds: 5"),
    (r#"device.attributes["d.io"].i.startsWith("x")"#, r"no such overload"),
    (r#"device.attributes["d.io"].b"#, r"true"),
    (r#"!device.attributes["d.io"].i"#, r"no such overload"),
    (r#"device.attributes["d.io"].b && device.attributes["d.io"].missing"#, r"no such key: missing"),
    (r#"device.attributes["d.io"].missing || true"#, r"true"),
    (r#"device.attributes["d.io"].i ? true : false"#, r"no such overload"),
    (r"device.allowMultipleAllocations", r"false"),
    (r#"device.capacity["d.io"].nope.isGreaterThan(quantity("1"))"#, r"no such key: nope"),
    (r#"device.attributes.exists(k, k == "d.io")"#, r"true"),
    (r#"device.attributes["d.io"].all(k, k != "zz")"#, r"true"),
    (r"size(device.attributes) == 1", r"true"),
    (r"device.foo == 1", "compilation failed: ERROR: <input>:1:7: undefined field 'foo'\n | device.foo == 1\n | ......^"),
    (r#"device.attributes["d.io"].optMap(x, true)"#, "compilation failed: ERROR: <input>:1:33: found no matching overload for 'hasValue' applied to 'map(string, dyn).()'\n | device.attributes[\"d.io\"].optMap(x, true)\n | ................................^\nERROR: <input>:1:33: found no matching overload for 'value' applied to 'map(string, dyn).()'\n | device.attributes[\"d.io\"].optMap(x, true)\n | ................................^"),
    (r"1 + true", "compilation failed: ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, bool)'\n | 1 + true\n | ..^"),
    (r#"quantity("1") == quantity("1000m")"#, r"true"),
    (r#"device.capacity["d.io"].mem == "1Gi""#, "compilation failed: ERROR: <input>:1:29: found no matching overload for '_==_' applied to '(kubernetes.Quantity, string)'\n | device.capacity[\"d.io\"].mem == \"1Gi\"\n | ............................^"),
    (r#"device.attributes["d.io"].i in [1,5]"#, r"true"),
    (r#"device.attributes["d.io"].s in ["a"]"#, r"false"),
    (r#"device.attributes["d.io"].s in {"hello": 1}"#, r"true"),
    (r#"device.attributes["d.io"].v.isGreaterThan(semver("1.0.0"))"#, r"true"),
    (r#"device.attributes["d.io"].s.isGreaterThan(semver("1.0.0"))"#, r"no such overload: isGreaterThan(string, kubernetes.Semver)"),
    (r#"int(device.attributes["d.io"].s) == 1"#, r"type conversion error from 'string' to 'int'"),
    (r#"string(device.attributes["d.io"].i) == "5""#, r"true"),
    (r#"device.attributes["d.io"].s.lowerAscii().size() == 5"#, r"true"),
    (r#"device.attributes["d.io"].s.substring(9) == """#, r"index out of range: 9"),
    (r#"device.attributes["d.io"].missing"#, r"no such key: missing"),
    (r#"type(device.attributes["d.io"].i) == int"#, r"true"),
    (r#"device.attributes["d.io"].i == 5.0"#, r"true"),
    (r#"device.attributes["d.io"].i < 5.5"#, r"true"),
    (r#"device.attributes["d.io"].s.find("l+") == "ll""#, r"true"),
    (r#"device.attributes["d.io"].s.split("l").size() == 3"#, r"true"),
    (r"sets.contains([1,2],[1])", r"true"),
    (r#"isQuantity("x")"#, r"false"),
    (r#"ip("1.2.3.4").family() == 4"#, r"true"),
    (r"math.greatest(1,2) == 2", "compilation failed: ERROR: <input>:1:1: undeclared reference to 'math' (in container '')\n | math.greatest(1,2) == 2\n | ^\nERROR: <input>:1:14: undeclared reference to 'greatest' (in container '')\n | math.greatest(1,2) == 2\n | .............^"),
    (r#""%s".format(["a"]) == "a""#, r"true"),
    (r#"device.attributes["d.io"].i > 3 && device.attributes["d.io"].s == "hello" && device.capacity["d.io"].mem >= quantity("1Gi")"#, "compilation failed: ERROR: <input>:1:106: found no matching overload for '_>=_' applied to '(kubernetes.Quantity, kubernetes.Quantity)'\n | device.attributes[\"d.io\"].i > 3 && device.attributes[\"d.io\"].s == \"hello\" && device.capacity[\"d.io\"].mem >= quantity(\"1Gi\")\n | .........................................................................................................^"),
    (r"true", r"true"),
    (r#""true""#, r"must evaluate to bool or the unknown type, not string"),
    (r"1", r"must evaluate to bool or the unknown type, not int"),
    (r#"null == device.attributes["d.io"].s"#, r"false"),
    (r#"device.attributes["d.io"].s.nope()"#, "compilation failed: ERROR: <input>:1:33: undeclared reference to 'nope' (in container '')\n | device.attributes[\"d.io\"].s.nope()\n | ................................^"),
    (r"nope(device)", "compilation failed: ERROR: <input>:1:5: undeclared reference to 'nope' (in container '')\n | nope(device)\n | ....^"),
    (r#"1 < "a""#, "compilation failed: ERROR: <input>:1:3: found no matching overload for '_<_' applied to '(int, string)'\n | 1 < \"a\"\n | ..^"),
    (r#"device.attributes["d.io"].exists_one(k, k == "s")"#, r"true"),
    (r#"device.attributes["d.io"].filter(k, k == "s").size() == 1"#, r"true"),
    (r#"device.attributes["d.io"].map(k, k).size() == 4"#, r"true"),
    (r#"device.attributes["d.io"]["s"] == "hello""#, r"true"),
    (r"device.attributes.d == {}", r"true"),
    (r#"device.attributes["d.io"].s + 1 == 2"#, r"no such overload"),
    (r#"-device.attributes["d.io"].s == 2"#, r"no such overload"),
    (r#"device.attributes["d.io"].s > null"#, r"no such overload"),
    (r#"semver("1.2").major() == 1"#, r"No Major.Minor.Patch elements found"),
    (r#"semver("v1.2", true).major() == 1"#, r"true"),
    (r#"isSemver("1.2.3")"#, r"true"),
    (r#"device.attributes["d.io"].v == semver("1.2.3")"#, r"true"),
    (r#"device.attributes["d.io"].v == "1.2.3""#, r"no such overload"),
    (r#"quantity("1k").asInteger() == 1000"#, r"true"),
    (r#"quantity("1.5").asInteger() == 1"#, r"cannot convert value to integer"),
    (r#"quantity("1").add(2) == quantity("3")"#, r"true"),
    (r#"dyn(1) == dyn("a")"#, r"false"),
    (r#"duration("1h") > duration("1m")"#, r"true"),
    (r#"device.attributes["d.io"].i == 5u"#, r"true"),
    (r"uint(5) == 5u", r"true"),
    (r#"b"a" == b"a""#, r"true"),
    (r"device == device", r"true"),
    (r"has(device.driver)", r"true"),
    (r#"device.attributes["a"]["b"] == 1"#, r"no such key: b"),
    (r#"device.attributes["d.io"].s.charAt(9) == """#, r"index out of range: 9"),
    (r"[1,2,3].sum() == 6", r"true"),
    (r#"[1,"a"].size() == 2"#, "compilation failed: ERROR: <input>:1:4: expected type 'int' but found 'string'\n | [1,\"a\"].size() == 2\n | ...^"),
    (r#"{"a":1}.a == 1"#, r"true"),
    (r#"{"a":1}.b == 1"#, r"no such key: b"),
    (r"optional.of(1).value() == 1", r"true"),
    (r"optional.none().value() == 1", r"optional.none() dereference"),
    (r#"device.attributes["d.io"].s == "hello" ? 1 : 0"#, r"must evaluate to bool or the unknown type, not int"),
    (r#"double("x") > 1.0"#, r"program instantiation failed: type conversion error from 'string' to 'double'"),
    (r#"bool("x")"#, r"program instantiation failed: type conversion error from 'string' to 'bool'"),
    (r#"int("x") == 1"#, r"program instantiation failed: type conversion error from 'string' to 'int'"),
    (r#"device.attributes["d.io"].s.contains("ell")"#, r"true"),
    (r"device.attributes[1] == 1", "compilation failed: ERROR: <input>:1:18: found no matching overload for '_[_]' applied to '(map(string, map(string, dyn)), int)'\n | device.attributes[1] == 1\n | .................^"),
    (r#"device.capacity["d.io"].mem.isGreaterThan(quantity("500Mi"))"#, r"true"),
    (r#"device.capacity["x"].mem.isGreaterThan(quantity("500Mi"))"#, r"no such key: mem"),
    (r#"device.capacity["d.io"].mem > 1"#, "compilation failed: ERROR: <input>:1:29: found no matching overload for '_>_' applied to '(kubernetes.Quantity, int)'\n | device.capacity[\"d.io\"].mem > 1\n | ............................^"),
];

#[test]
fn selectors_answer_as_kube_scheduler_does() {
    let slice = json!({"spec": {"driver": "d.io", "devices": [{
        "name": "dev",
        "attributes": {
            "s": {"string": "hello"}, "i": {"int": 5}, "b": {"bool": true}, "v": {"version": "1.2.3"},
        },
        "capacity": {"mem": {"value": "1Gi"}},
    }]}});
    let slice: ResourceSliceObject = serde_json::from_value(slice).expect("a slice");
    let slice = slice.to_model(&mut Interner::default());
    let device = DeviceValue::new("d.io", &slice.devices[0]);
    for (expression, wanted) in ANSWERS {
        let answer = Program::compile(expression, true).and_then(|program| program.matches(&device));
        let answer = answer.map_or_else(|error| error.to_string(), |answer| answer.to_string());
        assert_eq!(answer, *wanted, "{expression}");
    }
}

#[test]
fn what_is_no_expression_is_an_error() {
    for text in [
        "",
        "device.driver +",
        "(",
        "device.[",
        "\"",
        "1 ==",
        "a.b.c(",
        "{",
        "[1,",
        "\u{0}",
        "x?",
        "-",
    ] {
        assert!(Program::compile(text, true).is_err(), "{text}");
    }
}
