# How to call sparkcfg: built from this repository, or an installed one with `make SPARKCFG=sparkcfg …`.
SPARKCFG ?= cargo run --release --quiet --

.DEFAULT_GOAL := help
.PHONY: help env-validate env-schema-check test ci bench

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 20

env-validate: ## Check every environment
	@$(SPARKCFG) validate

env-schema-check: ## Fail when the written schema is not that of the model
	@$(SPARKCFG) schema --check

test: ## Run all tests
	@cargo test

ci: ## Run every gate that a change has to pass
	@.ci/run

bench: ## Compare speed and findings with other tools
	@benches/run.sh
