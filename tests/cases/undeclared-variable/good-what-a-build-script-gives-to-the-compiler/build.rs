fn main() {
    println!("cargo:rustc-env=BUILD_STAMP={}", "x");
    println!("cargo::rustc-env=BUILD_KIND=y");
}
