module hyperfleet.test/clients

go 1.21
