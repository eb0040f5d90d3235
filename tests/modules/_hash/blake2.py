import hashlib

print(hashlib.blake2b(b"abc").hexdigest()[:32])         #: ba80a53f981c4d0d6a2797b69f12f6e9
print(hashlib.blake2s(b"abc").hexdigest()[:32])         #: 508c5e8c327c14e2e1a72ba34eeb452f
print(hashlib.blake2b(b"", key=b"k", salt=b"s", person=b"p", digest_size=8).hexdigest() ==
      hashlib.blake2b(key=b"k", salt=b"s", person=b"p", digest_size=8).hexdigest())     #: True
hashlib.blake2s(digest_size=33)         #! ValueError: digest_size must be between 1 and 32 bytes
