pub fn open() -> Result<Store, std::env::VarError> {
    Store::at(std::env::var("STORE_KEY")?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn opens() {
        assert!(std::env::var("ONLY_A_TEST").is_ok());
    }
}
