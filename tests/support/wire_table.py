"""What of a set of proto descriptors shows on the wire, one line each: fields, values of enums, methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet


def lines(descriptors: FileDescriptorSet) -> list[str]:
    """Sorted, without Google's own files: ``message.field = number kind [repeated] in=oneof``."""
    return sorted(
        line
        for file in descriptors.file
        if not file.name.startswith("google/")
        for line in [
            *_enums(file.package, file.enum_type),
            *(line for message in file.message_type for line in _message(file.package, message)),
            *(
                f"{file.package}.{service.name}/{method.name}"
                f" {_stream(method.client_streaming)}{method.input_type[1:]}"
                f" -> {_stream(method.server_streaming)}{method.output_type[1:]}"
                for service in file.service
                for method in service.method
            ),
        ]
    )


def _stream(yes: bool) -> str:
    return "stream " if yes else ""


def _message(scope: str, message: DescriptorProto) -> Iterator[str]:
    name = f"{scope}.{message.name}"
    for field in message.field:
        kind = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
        many = " repeated" if field.label == FieldDescriptorProto.LABEL_REPEATED else ""
        within = f" in={message.oneof_decl[field.oneof_index].name}" if field.HasField("oneof_index") else ""
        yield f"{name}.{field.name} = {field.number} {field.type_name[1:] or kind}{many}{within}"
    yield from _enums(name, message.enum_type)
    for nested in message.nested_type:
        yield from _message(name, nested)


def _enums(scope: str, enums: Iterable[EnumDescriptorProto]) -> Iterator[str]:
    for enum in enums:
        for value in enum.value:
            yield f"{scope}.{enum.name}.{value.name} = {value.number}"
