//! stub
pub const SCHEMA_PATH: &str = "schemas/spark.schema.json";
pub fn schema_text() -> String {
    "{}".into()
}
