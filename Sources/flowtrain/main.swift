print("flowtrain")
