//! Selectors of devices.

use serde_json::{Value, json};

use super::super::Generator;

/// Over what the slices say; some hold everywhere, some nowhere.
const EXPRESSIONS: &[&str] = &[
    r#"device.attributes["gpu.example.com"].model == "a100""#,
    r#"device.attributes["gpu.example.com"].model in ["a100", "h100"]"#,
    r#"device.driver == "gpu.example.com" && device.attributes["gpu.example.com"].index % 2 == 0"#,
    r#"device.driver == "gpu.example.com" && device.attributes["gpu.example.com"].version.compareTo(semver("1.2.0")) >= 0"#,
    r#"device.driver == "gpu.example.com" && device.attributes["gpu.example.com"].version.isLessThan(semver("2.0.0"))"#,
    r#""memory" in device.capacity["gpu.example.com"] && device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("20Gi"))"#,
    r#"device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) >= 0"#,
    r#""healthy" in device.attributes["gpu.example.com"] && device.attributes["gpu.example.com"].healthy"#,
    r#"device.attributes["gpu.example.com"].?model.orValue("none") != "none""#,
    r#"has(device.attributes["gpu.example.com"].model)"#,
    r#"cel.bind(gpu, device.attributes["gpu.example.com"], "model" in gpu && gpu.model.startsWith("a"))"#,
    r#"device.driver.matches("^(gpu|nic)[.]")"#,
    r#"["gpu.example.com", "nic.example.com"].exists(driver, driver == device.driver)"#,
    r#"device.driver.split(".")[0] == "gpu""#,
    r#"device.attributes["rack.example.com"].row == "one""#,
    r#""row" in device.attributes["rack.example.com"] ? device.attributes["rack.example.com"].row != "two" : true"#,
    r#"device.attributes.exists(domain, domain == "rack.example.com")"#,
    "device.allowMultipleAllocations == true",
    "true",
    r#"size(device.driver) > 3 && !(device.driver.endsWith(".org"))"#,
];

/// That fail where they are evaluated, or say what is no truth.
const FAILING: &[&str] = &[
    r#"device.attributes["gpu.example.com"].absent == 1"#,
    r#"device.attributes["absent.example.com"].x == "y""#,
    r#"device.attributes["gpu.example.com"].index == "one""#,
    "1 / 0 == 1",
    r#"semver("word").major() == 1"#,
    "device.driver",
    "device.driver ==",
    "nothing.at.all",
];

impl Generator {
    pub(super) fn device_selector(&mut self) -> Value {
        let failing = self.random.one_in(if self.theme.odd { 6 } else { 30 });
        let expressions = if failing { FAILING } else { EXPRESSIONS };
        json!({ "cel": { "expression": self.random.pick(expressions) } })
    }
}
