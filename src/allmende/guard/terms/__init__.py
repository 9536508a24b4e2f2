"""What licences ask of those who use data, alone and together."""
