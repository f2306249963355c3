"""The core's callbacks; the contract is `ganzoo.interfaces.Callback`."""
