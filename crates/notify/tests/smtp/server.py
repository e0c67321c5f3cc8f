"""A mail server for tests, by aiosmtpd. Every message that it takes becomes a file.

server.py MODE PORT FOLDER [CERTIFICATE KEY] [USER PASSWORD]

MODE is starttls, tls or plain. It prints `listening PORT` and ends with its standard input. Receivers with these names
are treated as they say: refused@ (550), late@ (550 until FOLDER holds a file `opened`), busy@ (451 the first time), lost@
(taken, and the line dropped before the answer, the first time).
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

mode, port, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
certificate, key = (sys.argv[4:6] + ["", ""])[:2]
user, password = (sys.argv[6:8] + ["", ""])[:2]


class Taking:
    def __init__(self):
        self.seen = set()

    def first(self, what):
        new = what not in self.seen
        self.seen.add(what)
        return new

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 no such mailbox here \x1b[31m"
        if address.startswith("late@") and not os.path.exists(os.path.join(folder, "opened")):
            return "550 5.1.1 no such mailbox yet"
        if address.startswith("busy@") and self.first(address):
            return "451 4.3.0 come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        taken = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.content.decode("utf-8", "replace"),
            "secure": session.ssl is not None or mode == "tls",
            "user": session.auth_data.login.decode() if session.authenticated else None,
            "hello": session.host_name,
        }
        number = len([name for name in os.listdir(folder) if name.endswith(".json")])
        unfinished = os.path.join(folder, ".unfinished")
        with open(unfinished, "w", encoding="utf-8") as file:
            json.dump(taken, file)
        os.rename(unfinished, os.path.join(folder, f"{number:04}.json"))
        if envelope.rcpt_tos[0].startswith("lost@") and self.first(envelope.rcpt_tos[0]):
            server.transport.abort()
        return "250 2.0.0 taken as number %d" % number


class Auth:
    def __call__(self, server, session, envelope, mechanism, data):
        fine = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=fine, handled=False, auth_data=data)


async def main():
    context = None
    if mode != "plain":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    options = {}
    if user:
        options = {"authenticator": Auth(), "auth_required": True, "auth_require_tls": mode == "starttls"}
    if mode == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    taking = Taking()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(taking, hostname="mail.test", loop=loop, **options),
        "127.0.0.1",
        port,
        ssl=context if mode == "tls" else None,
    )
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
