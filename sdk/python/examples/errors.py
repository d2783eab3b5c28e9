# SPDX-License-Identifier: Apache-2.0
"""What goes wrong has a type, says which thing is meant, and names the fields that are wrong."""

from gantry import (Client, ConnectionFailed, GantryError, InvalidArgument, NotFound,
                    PreconditionFailed, RowsRejected)


def main() -> None:
    with Client() as client:
        try:
            client.get_asset("works/pump99")
        except NotFound as error:
            print("not found:", error.detail)

        try:
            client.create_model({"key": "bad", "properties": [{"key": "p", "unit": "parsnips"}]})
        except InvalidArgument as error:
            for field in error.fields:
                print("wrong:", field.field, "-", field.detail)

        # Two people change one asset: the second is told, and nothing is lost.
        pump = client.get_asset("works/pump1")
        client.patch_asset("works/pump1", {"name": "Pump one"}, if_match=pump["version"])
        try:
            client.patch_asset("works/pump1", {"name": "Pump 1"}, if_match=pump["version"])
        except PreconditionFailed as error:
            print("changed meanwhile:", error.code)

        try:
            client.samples.write([{"point": "works/pump1.nothing", "value": 1}],
                                 on_rejected="raise")
        except RowsRejected as error:
            print("rejected:", error.result.rejected[0].code)

    try:
        Client("http://127.0.0.1:9", retries=0).list_assets()
    except ConnectionFailed:
        print("nobody there")

    # All of them are one kind.
    assert issubclass(ConnectionFailed, GantryError) and issubclass(NotFound, GantryError)


if __name__ == "__main__":
    main()
