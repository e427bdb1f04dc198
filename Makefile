# `make demo` and `make test` are each enough by themselves on a machine that has only Swift.
.PHONY: build demo test lint clean

build:
	@.ci/install
	swift build -c release

demo: build
	@Fixtures/demo.sh

test:
	@.ci/install
	@Tests/run.sh

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

clean:
	swift package clean
	rm -rf .venv
