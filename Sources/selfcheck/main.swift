print("selfcheck")
