# `make demo` and `make test` are each enough by themselves on a machine that has only Swift.
.PHONY: build demo test sanitize lint clean

build:
	@.ci/install
	swift build -c release

demo: build
	@Fixtures/demo.sh

test:
	@.ci/install
	@Tests/run.sh

# All tests again with the address sanitizer, then with the thread sanitizer.
sanitize:
	@.ci/install
	@Tests/sanitize.sh address
	@Tests/sanitize.sh thread

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

clean:
	swift package clean
	rm -rf .venv
