print("no key is needed")
