from socket import socket

class BaseSocket:
    sock: socket
