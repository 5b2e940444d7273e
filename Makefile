# Thin names for the npm scripts of package.json. Arguments go through ARGS: make demo ARGS=--tour
.DEFAULT_GOAL := help
.PHONY: help demo test check image e2e bench bench-peers

# npm writes this file last. `npm ci` would refuse a lock file that lacks optional packages of other platforms.
installed := node_modules/.package-lock.json
run = @npm run --silent $@ $(if $(ARGS),-- $(ARGS))

help: ## Show these lines
	@echo 'Usage: make TARGET [ARGS="..."]; needs Node 20 or newer, npm and make'
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /\1#/p' Makefile | while IFS='#' read -r target text; do \
		printf '  %-11s %s\n' "$$target" "$$text"; \
	done

demo: $(installed) ## Start fake Mattermost nodes and the controller; ARGS=--tour shows all that it does
	$(run)

test: $(installed) ## Run the checks and all tests; ARGS=NAME picks test files by name
	$(run)

check: $(installed) ## Run the checks alone: format, types, lint, dead code, generated files
	$(run)

image: ## Build the container image; IMAGE=NAME:TAG names it, BASE=IMAGE is another Node 26 to build on
	$(run)

e2e: $(installed) ## Install IMAGE=NAME:TAG on the cluster that kubectl and helm reach, use it, and remove it
	$(run)

bench: $(installed) ## Measure against other proxies; ARGS="http --seconds 10"
	$(run)

bench-peers: ## Install HAProxy, nginx and Caddy for the benchmarks, as root on Debian; absent ones are left out
	apt-get install -y haproxy nginx caddy

define advice

Installing the dependencies failed. What to look at:
- the network: does "npm ping" answer? Behind a proxy, set HTTPS_PROXY
- the versions: Node 20 or newer ("node --version") with its npm
- "npm config get ignore-scripts" must say false: a script of the package "node" brings the runtime
Then run make again.
endef
export advice

$(installed): package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node 20 or newer' >&2; exit 1; }
	@echo 'Installing the dependencies, once (some 500 MB on disk, a minute or so) ...'
	@{ npm install --no-save --loglevel=error && node_modules/.bin/node --version >/dev/null && touch $@; } \
		|| { rm -f $@; echo "$$advice" >&2; exit 1; }
