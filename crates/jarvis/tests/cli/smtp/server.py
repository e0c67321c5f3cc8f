"""A mail server for tests, by aiosmtpd: asks for STARTTLS and a password; each mail that it takes becomes a line of JSON.

Usage: server.py FOLDER CERTIFICATE KEY USER PASSWORD

It prints `listening PORT`, writes FOLDER/mails.jsonl, and ends with its standard input.
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

folder, certificate, key, user, password = sys.argv[1:]


class Taking:
    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.content.decode("utf-8", "replace"),
            "secure": session.ssl is not None,
        }
        with open(os.path.join(folder, "mails.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(mail) + "\n")
        return "250 OK"


def admit(server, session, envelope, mechanism, data):
    fine = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
    return AuthResult(success=fine, handled=False)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    options = {
        "authenticator": admit,
        "auth_required": True,
        "tls_context": context,
        "require_starttls": True,
    }
    server = await loop.create_server(
        lambda: SMTP(Taking(), hostname="mail.test", loop=loop, **options), "127.0.0.1", 0
    )
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
