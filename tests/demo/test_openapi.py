"""The description of the interface is valid, and says what is there."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def validate():
    """Checks a value by a schema of the description."""
    jsonschema = pytest.importorskip("jsonschema")

    def check(value, interface, name):
        schema = {"$ref": f"#/components/schemas/{name}", "components": interface["components"]}
        jsonschema.Draft202012Validator(schema).validate(value)

    return check


def test_it_is_openapi(serve, several):
    validator = pytest.importorskip("openapi_spec_validator")
    with serve(several) as demo:
        validator.validate(demo.read("/openapi.json"))


def test_every_route_is_described_and_every_description_has_a_route(serve, several):
    with serve(several) as demo:
        described = demo.read("/openapi.json")["paths"]
        routes = {
            (route.path, method.lower())
            for route in demo.site.application().routes
            for method in route.methods - {"HEAD"}
        }
    known = {(path, method) for path, methods in described.items() for method in methods}
    assert known == routes - {("/", "get"), ("/openapi.json", "get")}
    named = {each["name"] for each in described["/translate"]["post"]["parameters"]}
    assert named == {"model", "output", "seed", "job", "c", "name"}


def test_replies_are_as_described(serve, several, validate, encoded, picture):
    with serve(several) as demo:
        interface = demo.read("/openapi.json")
        validate(demo.read("/models"), interface, "Models")
        validate(demo.read("/health"), interface, "Health")
        validate(demo.read("/progress?job=none"), interface, "Progress")
        validate(demo.read("/examples"), interface, "Examples")
        validate(json.loads(demo.ask("/nothing")[2]), interface, "Error")
        reply = demo.ask("/translate", encoded(picture()), Accept="application/json")[2]
        validate(json.loads(reply), interface, "Picture")
