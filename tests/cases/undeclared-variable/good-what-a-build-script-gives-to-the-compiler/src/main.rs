fn main() {
    println!("{} {} {}", env!("BUILD_STAMP"), env!("BUILD_KIND"), std::env::var("SITE_URL").unwrap());
}
