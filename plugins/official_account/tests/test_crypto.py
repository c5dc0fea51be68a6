"""The platform's published vectors V1 to V4, and what must not open."""

import base64
import hashlib

import pytest

from qunfa_official_account.crypto import BadSecret, aes_key, seal, signature, signed, unseal

TOKEN, APP_ID, KEY = "AAAAA", "wxba5fad812f8e6fb9", "A" * 43
E1 = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT"
    "740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8Y"
    "L/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
PUSHED = (
    b'{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,'
    b'"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}'
)
SEALED_REPLY = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="


def test_v1_the_url_check_is_signed_as_published():
    assert signature(TOKEN, "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_v2_a_plain_push_is_signed_as_published():
    assert signature(TOKEN, "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


def test_v3_a_sealed_push_is_signed_and_opened_as_published():
    assert signature(TOKEN, "1714112445", "415670741") == "6c5c811b55cc85e0e1b54100749188c20beb3f5d"
    assert signature(TOKEN, "1714112445", "415670741", E1) == "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    assert unseal(KEY, APP_ID, E1) == PUSHED and len(PUSHED) == 167
    assert seal(KEY, APP_ID, PUSHED, b"a8eedb185eb2fecf") == E1


def test_v4_a_reply_is_sealed_and_signed_as_published():
    assert seal(KEY, APP_ID, b'{"demo_resp":"good luck"}', b"707722b803182950") == SEALED_REPLY
    assert signature(TOKEN, "1713424427", "415670741", SEALED_REPLY) == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


@pytest.mark.parametrize("length", range(70))
def test_every_length_of_message_comes_back(length):
    assert unseal(KEY, APP_ID, seal(KEY, APP_ID, b"x" * length, b"r" * 16)) == b"x" * length


def test_another_accounts_text_another_key_and_noise_do_not_open():
    other = base64.b64encode(hashlib.sha256(b"other").digest()).decode()[:43]
    for key, app_id, sealed in (
        (KEY, "wxffffffffffffffff", E1),
        (other, APP_ID, E1),
        (KEY, APP_ID, E1[:-8] + "AAAAAAA="),
        (KEY, APP_ID, "not base64 !"),
        (KEY, APP_ID, ""),
        (KEY, APP_ID, base64.b64encode(b"x" * 17).decode()),
        ("short", APP_ID, E1),
    ):
        with pytest.raises(BadSecret):
            unseal(key, app_id, sealed)


def test_a_key_is_43_characters():
    assert len(aes_key(KEY)) == 32
    with pytest.raises(BadSecret):
        aes_key("A" * 42)


def test_a_signature_that_is_empty_or_not_ascii_does_not_pass():
    assert not signed("", TOKEN, "1", "2")
    assert not signed("签名", TOKEN, "1", "2")
