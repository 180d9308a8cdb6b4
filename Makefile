# How to call sparkcfg: built from this repository, or an installed one with `make SPARKCFG=sparkcfg …`.
SPARKCFG ?= cargo run --release --quiet --

.DEFAULT_GOAL := help
.PHONY: help env-validate env-drift env-render env-render-check env-schema-check deploy-check test ci bench

# The environment that deploy-check is about: `make deploy-check ENV=prod`.
ENV ?= dev

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 20

env-validate: ## Check every environment
	@$(SPARKCFG) validate

env-drift: ## Say which differences between environments no policy allows
	@$(SPARKCFG) drift

env-render: ## Render the templates for every environment
	@$(SPARKCFG) render

env-render-check: ## Fail when a rendered file is stale or was edited by hand
	@$(SPARKCFG) render --check

env-schema-check: ## Fail when the written schema is not that of the model
	@$(SPARKCFG) schema --check

deploy-check: ## Say with one verdict whether ENV may be deployed
	@$(SPARKCFG) deploy-check $(ENV)

test: ## Run all tests
	@cargo test

ci: ## Run every gate that a change has to pass
	@.ci/run

bench: ## Compare speed and findings with other tools
	@benches/run.sh
