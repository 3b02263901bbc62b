# SPDX-License-Identifier: LGPL-2.1-or-later
# Entry to everything; "make help" names the targets. All that is built goes
# to out/; downloads and kernels go to the cache of tools/vm/kernel.

KERNEL ?= stock
PREFIX ?= /usr/local
DESTDIR ?=
T ?=

out := $(CURDIR)/out
vm := tools/vm
run_vm = $(vm)/run --kernel $(KERNEL)
module = $(out)/kmod/$(KERNEL)/ipcx.ko

export KERNEL PREFIX DESTDIR
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@echo 'ipcx: kernel objects for messages, and a bench that compares them with the native ones'
	@echo
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  KERNEL=NAME        stock (default), 6.1, 6.12, 6.12-rt, debug, kcsan'
	@echo '  DESTDIR=, PREFIX=  for install and uninstall (default /usr/local)'
	@echo
	@echo 'Results are in out/, logs in out/log/.'

# ---- building ----

.PHONY: deps deps-run deps-check all module test-module lib tools selftests
deps: deps-check ## install every package that any target needs; as deps-check
deps-run: ## those that building and 'make run' need
	@$(vm)/deps run
deps-check: ## those, and what the checks and the documentation need
	@$(vm)/deps check

all: module lib tools ## build the module for KERNEL, the library and the tools

module: deps-run ## the module, for KERNEL
	$(vm)/build-module $(KERNEL)

test-module: deps-run ## a module for the bench only: what a bare switch of processes costs
	$(vm)/build-module --source selftests/kmod --out $(out)/test-module/$(KERNEL) $(KERNEL)

lib: ## the library
	$(MAKE) -C lib O=$(out)/lib all

tools: lib ## ipcx and ipcx-bench; ipcx-trace where clang, bpftool and libbpf-dev are there
	$(MAKE) -C tools O=$(out)/tools all

selftests: deps-check lib ## the programs of the VM tests
	$(MAKE) -C selftests O=$(out)/selftests all i386

# ---- looking ----

.PHONY: run bench bench-icount ledger report vm
run: deps-run ## boot a VM and compare ipcx with the native mechanisms there
	@$(MAKE) all test-module
	@$(vm)/bench

bench: deps-run ## the full comparison: more sizes, more repetitions
	@$(MAKE) all test-module
	@$(vm)/bench --full

bench-icount: deps-run ## the comparison in instructions per operation
	@$(MAKE) all test-module
	@tools/bench/icount.sh --kernel $(KERNEL) --insmod $(module)

ledger: deps-check ## how often each mechanism copies a message, beside what theory says
	@$(MAKE) all
	@tools/ledger/run $(LEDGER)

report: deps-check ## a page of results, out/report/report.html: of this machine and of a VM
	@$(MAKE) all test-module
	@tools/bench/report.sh

vm: deps-run ## a shell in a VM, with the module loaded
	@$(MAKE) all
	@mkdir -p $(out)/share
	@$(run_vm) --interactive --share $(out)/share --insmod $(module) -- $(vm)/shell

# ---- checking ----

.PHONY: check check-all check-kcsan soak test unit model static docs
check: ## unit tests, models, static checks, documentation, VM tests on the stock kernel
	@tools/ci/check check

check-all: ## the same, and VM tests on every kernel and the debug kernel
	@tools/ci/check check-all

check-kcsan: ## VM tests on a kernel that looks for data races
	@tools/ci/check check-kcsan

soak: ## everything with full counts: hours
	@tools/ci/check soak

test: deps-check ## one VM test by name: make test T=order [KERNEL=debug]
	@[ -n "$(T)" ] || { echo 'make test: say which: T=name; names: make -s test-names' >&2; exit 2; }
	@tools/ci/vm-tests $(KERNEL) quick $(T)

.PHONY: test-names
test-names: ## what T= may be
	@ls selftests/*.c selftests/*.sh | sed 's,.*/,,; s,\.[a-z]*$$,,' | grep -vx -e common -e leftovers

unit: deps-check lib ## tests that run on this machine, without a VM
	$(MAKE) -C selftests O=$(out)/selftests unit

model: deps-check ## models of the ring's protocol, every state of them
	@selftests/model/run

static: deps-check ## checkpatch, sparse, cppcheck, shellcheck, codespell, ...
	@tools/ci/static

docs: deps-check ## the documentation as HTML and the man pages
	$(MAKE) -C Documentation O=$(out)/docs all

# ---- installing ----

.PHONY: install uninstall clean installable
install_parts = $(MAKE) -C lib O=$(out)/lib DESTDIR='$(1)' install && \
	$(MAKE) -C tools O=$(out)/tools DESTDIR='$(1)' install && \
	$(MAKE) -C Documentation O=$(out)/docs DESTDIR='$(1)' install

# The man pages come last: what they need is asked for before anything is done.
installable:
	@$(MAKE) -C Documentation sphinx

install: installable lib tools ## library, tools, headers, man pages, udev rule (not the module)
	$(call install_parts,$(DESTDIR))

# What would be installed is installed elsewhere, to learn the names.
uninstall: installable lib tools ## remove what install put there (same DESTDIR and PREFIX)
	rm -rf $(out)/stage
	$(call install_parts,$(out)/stage) >/dev/null
	cd $(out)/stage && find . ! -type d -printf '%P\n' | \
		while read -r file; do rm -fv "$(DESTDIR)/$$file"; done
	rm -rf $(out)/stage
	if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

clean: ## remove out/; the cache stays
	rm -rf $(out)
