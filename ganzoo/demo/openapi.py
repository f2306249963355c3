"""The description of a demo's interface, as OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ganzoo import __version__
from ganzoo.demo.demo_examples import MOST
from ganzoo.demo.demo_models import DemoModel, list_classes
from ganzoo.demo.limits import LARGEST_UPLOAD, MEGABYTE, MOST_PIXELS, MOST_SAMPLES

Schema = dict[str, Any]

ABOUT = (
    "Pictures through trained models of ganzoo. A request is a form (multipart/form-data) with the "
    "picture as its field `image`, or the picture alone as the body, with the other fields in the "
    "address. One translation is computed at a time; others wait. Nothing is stored."
)
ERRORS = {
    "400": "A field is unknown, missing or wrong.",
    "403": "The token is missing, or a page of another site sent the request.",
    "408": "The upload stood still.",
    "413": f"The picture has more than {LARGEST_UPLOAD // MEGABYTE} MB or "
    f"{MOST_PIXELS // 10**6} million pixels.",
    "415": "The body is no picture.",
    "422": "The picture cannot be read, or the model cannot take it.",
    "503": "Too many wait already; Retry-After says in how many seconds to try again.",
}
PICTURE: Schema = {
    "image": {"type": "string", "format": "binary", "description": "The picture's file."}
}


def describe_interface(models: Sequence[DemoModel]) -> Schema:
    """The document, with the names of these models, outputs and classes."""
    common = _describe_fields(models)
    count = _whole("How many are drawn; several come on one sheet.", 1, MOST_SAMPLES, 1)
    sampled = {**common, "count": count}
    return {
        "openapi": "3.1.0",
        "info": {"title": "ganzoo demo", "version": __version__, "description": ABOUT},
        "paths": {
            "/translate": {
                "post": _describe_picture("A picture through an output, at its own size", common)
            },
            "/original": {
                "post": _describe_picture("A picture as it is read for an output", common)
            },
            "/sample": {"post": _describe_sample(sampled)},
            "/models": {"get": _describe_query("Models, outputs, classes and limits", "Models")},
            "/health": {"get": _describe_query("Whether the demo works", "Health")},
            "/progress": {"get": _describe_progress()},
            "/examples": {"get": _describe_examples(common)},
            "/example": {"get": _describe_example(common)},
        },
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _describe_fields(models: Sequence[DemoModel]) -> Schema:
    """The fields that a request may have beside its picture."""
    outputs = [output for model in models for output in model.outputs.values()]
    fields: Schema = {
        "model": _one_of([model.name for model in models], "Default: the first."),
        "output": _one_of([each.name for each in outputs], "Default: the first that fits."),
        "seed": _whole("Of what is drawn: latents and dropout.", 0, 2**32 - 1, 0),
        "job": _text("A key of your own, to ask /progress how far the request is.", 64),
    }
    for output in outputs:
        for name in output.labels:
            classes = list_classes(output.model.variables[name])
            about = f"The class {name} of {output.name}, by its name or number."
            fields.setdefault(name, _text(f"{about} Classes: {', '.join(classes[:100])}.", 1024))
    return fields


def _describe_picture(summary: str, fields: Schema) -> Schema:
    form = {"type": "object", "properties": {**PICTURE, **fields}, "required": ["image"]}
    picture = {"schema": {"type": "string", "format": "binary"}}
    body = {"multipart/form-data": {"schema": form}, "image/*": picture}
    name = {"name": "name", "in": "query", "schema": _text("The name of the body's file.", 1024)}
    return {
        "summary": summary,
        "parameters": [*_describe_parameters(fields), name],
        "requestBody": {"required": True, "content": body},
        "responses": _describe_replies(),
    }


def _describe_sample(fields: Schema) -> Schema:
    form = {"schema": {"type": "object", "properties": fields}}
    return {
        "summary": "Draws from an output that needs no picture",
        "parameters": _describe_parameters(fields),
        "requestBody": {"required": False, "content": {"multipart/form-data": form}},
        "responses": _describe_replies(),
    }


def _describe_query(summary: str, schema: str) -> Schema:
    return {"summary": summary, "responses": {"200": _json_reply("The reply.", schema)}}


def _describe_progress() -> Schema:
    job = {"name": "job", "in": "query", "required": True, "schema": _text("Its key.", 64)}
    replies = {"200": _json_reply("How far it is; null if no such job waits.", "Progress")}
    return {"summary": "How far a job is", "parameters": [job], "responses": replies}


def _describe_examples(fields: Schema) -> Schema:
    replies = {"200": _json_reply("The addresses of pictures to try.", "Examples")}
    named = _describe_parameters({name: fields[name] for name in ("model", "output")})
    return {"summary": "Pictures to try an output with", "parameters": named, "responses": replies}


def _describe_example(fields: Schema) -> Schema:
    """One of them, as the addresses name it."""
    named = {name: fields[name] for name in ("model", "output")}
    parameters = _describe_parameters({**named, "number": _whole("Which one.", 0, MOST - 1, 0)})
    png = {"image/png": {"schema": {"type": "string", "format": "binary"}}}
    replies = {
        "200": {"description": "The picture.", "content": png},
        "404": _json_reply("There are fewer.", "Error"),
    }
    return {"summary": "One of these pictures", "parameters": parameters, "responses": replies}


def _describe_parameters(fields: Schema) -> list[Schema]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in fields.items()]


def _describe_replies() -> Schema:
    png = {"schema": {"type": "string", "format": "binary"}}
    encoded = {"schema": {"$ref": "#/components/schemas/Picture"}}
    content = {"image/png": png, "application/json": encoded}
    errors = {status: _json_reply(about, "Error") for status, about in ERRORS.items()}
    return {"200": {"description": "The result.", "content": content}, **errors}


def _json_reply(about: str, schema: str) -> Schema:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": about, "content": content}


def _one_of(names: Sequence[str], about: str) -> Schema:
    return {"type": "string", "enum": [*dict.fromkeys(names)], "description": about}


def _text(about: str, longest: int) -> Schema:
    return {"type": "string", "maxLength": longest, "description": about}


def _whole(about: str, least: int, most: int, default: int) -> Schema:
    bounds = {"minimum": least, "maximum": most, "default": default}
    return {"type": "integer", **bounds, "description": about}


def _table(required: Sequence[str] = (), **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": [*(required or properties)]}


TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
COUNT: Schema = {"type": "integer", "minimum": 0}
LABEL = _table(name=TEXT, classes=TEXTS)
OUTPUT = _table(
    name=TEXT,
    expression=TEXT,
    image={"type": ["string", "null"]},
    labels={"type": "array", "items": LABEL},
    seed={"type": "boolean"},
)
MODEL = _table(
    name=TEXT,
    title=TEXT,
    outputs={"type": "array", "items": OUTPUT},
    left_out={"type": "object", "additionalProperties": TEXT},
)
SCHEMAS: Schema = {
    "Error": _table(error=TEXT),
    "Picture": _table(
        model=TEXT,
        output=TEXT,
        seconds={"type": "number"},
        name=TEXT,
        image={"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
    ),
    "Models": _table(
        models={"type": "array", "items": MODEL},
        limits={"type": "object", "additionalProperties": COUNT},
    ),
    "Examples": _table(examples=TEXTS),
    "Health": _table(status=TEXT, jobs=COUNT, version=TEXT),
    "Progress": _table(
        ahead={"type": ["integer", "null"], "minimum": 0},
        share={"type": ["number", "null"], "minimum": 0, "maximum": 1},
    ),
}
