# `make demo` and `make test` are each enough by themselves on a machine that has only Swift.
.PHONY: build demo test wheel test-python test-cluster sanitize lint clean

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

# The Python package with the library inside: .build/wheels/gobbet-*.whl.
wheel:
	@.ci/install
	@rm -rf .build/library .build/wheels
	@GOBBET_SELF_CONTAINED=1 Sources/CGobbet/build.sh .build/library
	@Sources/Python/extension/build.sh .build/library/lib
	@python3 Sources/Python/build_wheel.py .build/library --output .build/wheels

# The wheel in an empty virtual environment, and its tests.
test-python: wheel
	@Sources/Python/test.sh .build/wheels/gobbet-*.whl

# The same with Spark and Ray, and the tests that need them.
test-cluster: wheel
	@GOBBET_TEST_CLUSTER=1 Sources/Python/test.sh .build/wheels/gobbet-*.whl

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

clean:
	swift package clean
	rm -rf .venv
