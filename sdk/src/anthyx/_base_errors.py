"""The root of the error tree and the errors of webhooks, which load nothing else."""

from __future__ import annotations


class AnthyxError(Exception):
    """The root of every error of this package."""

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), self.args, dict(self.__dict__))


class WebhookVerificationError(AnthyxError):
    """A webhook that can't be shown to come from Anthyx; answer it with status 400.

    The message says what is probably wrong, and holds nothing of the secret, the body or the
    signature that would be right.
    """


class WebhookHeaderError(WebhookVerificationError):
    """A header that the verification needs is missing, given twice or malformed."""


class WebhookSignatureError(WebhookVerificationError):
    """No signature fits: another secret, a body that isn't as it was sent, or a forgery."""


class WebhookTimestampError(WebhookVerificationError):
    """The signature fits, but it was made too long ago or in the future.

    Attributes:
        age: seconds since it was made, by this machine's clock; negative for the future.
    """

    def __init__(self, message: str, age: float = 0.0) -> None:
        super().__init__(message)
        self.age = age


class WebhookPayloadError(WebhookVerificationError):
    """The body isn't bytes, or is signed but no event."""


def _restore(
    cls: type[AnthyxError], args: tuple[object, ...], attributes: dict[str, object]
) -> AnthyxError:
    # Past __init__, so that an error needs no particular signature to be unpickled.
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error
